import {
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  HeatmapCellLayout,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { MappingType } from '@grafana/grafana-foundation-sdk/dashboard'
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  HeatmapColorScale,
  HeatmapTooltipBuilder,
  RowsHeatmapOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { described, type PanelText } from './panel.ts'

/** Lines over time. Thresholds are dashed lines, where there are any. */
export function lines(text: PanelText): TimeSeriesBuilder {
  const style = text.steps === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed
  return described(new TimeSeriesBuilder(), text, 'range')
    .lineWidth(1)
    .fillOpacity(text.queries.length === 1 ? 10 : 0)
    .gradientMode(GraphGradientMode.None)
    .showPoints(VisibilityMode.Never)
    .axisSoftMin(0)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(style))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
}

/** Parts of a whole over time, one upon the other. */
export const stack = (text: PanelText): TimeSeriesBuilder =>
  lines(text).fillOpacity(60).stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'))

/** A histogram over time: each row a bucket, the more the darker. The unit is that of the rows. */
export const heat = (text: PanelText): HeatmapBuilder =>
  described(new HeatmapBuilder(), text, 'heatmap')
    .calculate(false)
    .rowsFrame(new RowsHeatmapOptionsBuilder().layout(HeatmapCellLayout.Le))
    .yAxis(new YAxisConfigBuilder().unit(text.unit))
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Blues')
        .scale(HeatmapColorScale.Exponential)
        .exponent(0.5)
        .steps(64),
    )
    .tooltip(new HeatmapTooltipBuilder().mode(TooltipDisplayMode.Single).yHistogram(true))
    .showLegend()

/** What state something was in and for how long. `words` name the values 0 and 1. */
export const states = (text: PanelText, words: readonly [zero: string, one: string]): StateTimelineBuilder =>
  described(new StateTimelineBuilder(), text, 'range')
    .showValue(VisibilityMode.Auto)
    .mergeValues(true)
    .mappings([
      {
        type: MappingType.ValueToText,
        options: Object.fromEntries(words.map((word, value) => [String(value), { text: word, index: value }])),
      },
    ])
