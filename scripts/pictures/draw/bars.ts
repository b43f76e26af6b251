import { optionsOf } from '../dashboard.ts'
import { lastOf } from '../series.ts'
import { written } from '../units.ts'
import { nameAxis, PLOT } from './axes.ts'
import { chart } from './chart.ts'
import type { Draw } from './drawing.ts'
import { PAGE, TEXT } from './look.ts'
import { widthOf } from './svg.ts'
import { colourOf } from './thresholds.ts'

const THICKEST = 22
const LABEL = { size: 12 }
const LABEL_GAP = 6
/** Of the panel's width at most. */
const NAMES = 0.42

/** Amounts beside each other, the first at the top, each with its value at the end. */
export const drawBars: Draw = ({ id, panel, answers, size }) => {
  const amounts = answers.flatMap(({ refId, series }) =>
    series.flatMap((of) => {
      const value = lastOf(of)
      const { thresholds, ...field } = optionsOf(panel, refId)
      return value === undefined
        ? []
        : [{ name: of.name, value, label: written(value, field), colour: colourOf(value, thresholds.steps) }]
    }),
  )
  const room = Math.max(...amounts.map(({ label }) => widthOf(label, LABEL))) + 2 * LABEL_GAP
  return chart(id, size, {
    grid: { ...PLOT, right: room },
    xAxis: { type: 'value', show: false, min: 0, max: Math.max(...amounts.map(({ value }) => value)) || 1 },
    yAxis: nameAxis(
      amounts.map(({ name }) => name),
      size.width * NAMES,
    ),
    series: [
      {
        type: 'bar',
        silent: true,
        barMaxWidth: THICKEST,
        barCategoryGap: '25%',
        showBackground: true,
        backgroundStyle: { color: PAGE },
        data: amounts.map(({ value, label, colour }) => ({
          value,
          itemStyle: { color: colour },
          label: { formatter: () => label },
        })),
        label: { show: true, position: 'right', distance: LABEL_GAP, color: TEXT, fontSize: LABEL.size },
      },
    ],
  })
}
