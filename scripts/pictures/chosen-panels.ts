/** Columns of a picture; a row's panels fill them. */
export const COLUMNS = 12

export interface ChosenRow {
  /** In pixels. */
  readonly height: number
  /** Titles of panels, with their columns. */
  readonly panels: readonly (readonly [title: string, columns: number])[]
}

export interface ChosenPanels {
  /** In grafana/dashboards; the picture has the same name. */
  readonly file: string
  readonly rows: readonly ChosenRow[]
}

const FIGURES = 132
const GRAPHS = 236

/** Of each dashboard the panels that say most on few lines; not of the collector's, which synthetic visitors pass by. */
export const CHOSEN_PANELS: readonly ChosenPanels[] = [
  {
    file: 'overview.json',
    rows: [
      {
        height: GRAPHS,
        panels: [
          ['Page Views Over Time', 6],
          ['Clicks Over Time', 6],
        ],
      },
      {
        height: FIGURES,
        panels: [
          ['Sessions', 4],
          ['Sessions with a purchase', 4],
          ['Revenue', 4],
        ],
      },
      {
        height: GRAPHS,
        panels: [
          ['How far sessions get', 4],
          ['Share of sessions that reach each step', 8],
        ],
      },
      {
        height: GRAPHS,
        panels: [
          ['How long sessions last', 6],
          ['Bounced sessions by definition', 6],
        ],
      },
    ],
  },
  {
    file: 'data-quality.json',
    rows: [
      {
        height: GRAPHS,
        panels: [
          ['Records not accounted for', 3],
          ['Records that did not count', 3],
          ['What became of the records of this period', 6],
        ],
      },
      {
        height: GRAPHS,
        panels: [
          ['What becomes of the records over time', 6],
          ['Rejected records by reason', 6],
        ],
      },
      {
        height: GRAPHS,
        panels: [
          ['Share that is late', 4],
          ['Share that is a duplicate', 4],
          ['Greatest difference', 4],
        ],
      },
      { height: GRAPHS, panels: [['Time from the log to its processing', 12]] },
    ],
  },
  {
    file: 'delivery.json',
    rows: [
      {
        height: 160,
        panels: [
          ['Time to catch up', 3],
          ['Partitions nobody shows', 3],
          ['Which partitions are caught up', 6],
        ],
      },
      {
        height: GRAPHS,
        panels: [
          ['Records processed a second', 4],
          ['Records still to read', 4],
          ['Age of the last snapshot', 4],
        ],
      },
      {
        height: GRAPHS,
        panels: [
          ['Time a scrape takes', 4],
          ['Memory', 4],
          ['CPU', 4],
        ],
      },
    ],
  },
  {
    file: 'alerts.json',
    rows: [
      {
        height: FIGURES,
        panels: [
          ['Alerts firing', 4],
          ['Exporters that answer', 4],
          ['Are alerts on visitors on?', 4],
        ],
      },
      { height: GRAPHS, panels: [['Firing over time', 12]] },
      {
        height: GRAPHS,
        panels: [
          ['How fast the budget is spent', 6],
          ['Purchases per checkout, and what is usual', 6],
        ],
      },
      {
        height: GRAPHS,
        panels: [
          ['How long each fired in this period', 5],
          ['Checkouts and purchases of this period', 4],
          ['Purchases missing in this period', 3],
        ],
      },
    ],
  },
]
