import type { Dashboard, Panel, Target } from './dashboard.ts'
import type { Answer, Span } from './draw/drawing.ts'
import { barsOf } from './draw/states.ts'
import type { Period, Prometheus } from './prometheus-api.ts'
import { atOnce, overTime, type Series, timesOf } from './series.ts'
import { filledIn, type Values } from './variables.ts'

/** What the panel's queries give, each asked as the dashboard asks it. */
export async function answersOf(
  panel: Panel,
  prometheus: Prometheus,
  period: Period,
  values: Values,
): Promise<readonly Answer[]> {
  return Promise.all(
    panel.targets.map(async (target) => ({
      refId: target.refId,
      series: await seriesOf(target, prometheus, period, values),
    })),
  )
}

async function seriesOf(
  { expr, legendFormat, instant }: Target,
  prometheus: Prometheus,
  period: Period,
  values: Values,
): Promise<Series[]> {
  const query = filledIn(expr, values)
  if (instant) return atOnce(await prometheus.instant(query, period), legendFormat)
  return overTime(await prometheus.range(query, period), legendFormat, period)
}

/** When the dashboard's marks on alerts are there, whichever alert it is. */
export async function firedIn(
  { annotations }: Dashboard,
  prometheus: Prometheus,
  period: Period,
  values: Values,
): Promise<readonly Span[]> {
  const [alerts] = annotations.list
  if (alerts === undefined) return []
  const any = await prometheus.range(`count (${filledIn(alerts.expr, values)}) > bool 0`, period)
  return overTime(any, '', period).flatMap((series) => barsOf(series, timesOf(period), period.step))
}
