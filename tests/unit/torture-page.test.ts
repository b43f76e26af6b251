import { expect, test } from 'vitest'
import { isCounter, parsePage } from '../torture/page.ts'

const SHARED = 'group="g",topic="t"'

test('a page is read as the state-derived series of each partition, without the labels all of them have', () => {
  const { partitions } = parsePage(`# TYPE clickstream_events_total counter
clickstream_events_total{event="click",${SHARED},partition="0"} 3
clickstream_position_offset{${SHARED},partition="0"} 7
clickstream_session_page_views_bucket{le="+Inf",${SHARED},partition="12"} 2
clickstream_kafka_consumer_lag_records{${SHARED},partition="0"} 5
clickstream_commits_total{${SHARED}} 9
process_cpu_seconds_total 1.5
`)
  expect(partitions).toStrictEqual([
    {
      partition: 0,
      values: new Map([
        ['clickstream_events_total{event="click"}', 3],
        ['clickstream_position_offset', 7],
      ]),
    },
    { partition: 12, values: new Map([['clickstream_session_page_views_bucket{le="+Inf"}', 2]]) },
  ])
})

test.each([
  [0, 0, 0],
  [0, 2, 2],
  [1, 2, 3],
])('lineage resets add up over their causes: %i and %i make %i', (retention, corrupt, resets) => {
  const page = parsePage(`clickstream_lineage_resets_total{${SHARED},cause="retention"} ${retention}
clickstream_lineage_resets_total{${SHARED},cause="snapshot_corrupt"} ${corrupt}
`)
  expect(page).toStrictEqual({ partitions: [], lineageResets: resets })
})

test.each([
  ['clickstream_events_total{event="click"}', true],
  ['clickstream_sessions_closed_total', true],
  ['clickstream_session_page_views_bucket{le="1"}', true],
  ['clickstream_session_page_views_sum', true],
  ['clickstream_sessions_open', false],
  ['clickstream_position_offset', false],
  ['clickstream_watermark_timestamp_seconds', false],
])('%s must only rise: %s', (series, rises) => {
  expect(isCounter(series)).toBe(rises)
})
