import {
  ConstantVariableBuilder,
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { LINKS } from '../../prometheus/src/links.ts'
import { DATASOURCE } from './panel.ts'

export const VARIABLES = {
  datasource: new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .type('prometheus')
    .current({ selected: true, text: 'Prometheus', value: 'prometheus' }),
  job: query('job', 'Job', 'clickstream_partitions_assigned'),
  group: query('group', 'Group', 'clickstream_records_consumed_total{job="$job"}').description(
    'Two groups count the same log independently, so only one at a time is shown.',
  ),
  topic: several(query('topic', 'Topic', 'clickstream_records_consumed_total{job="$job",group="$group"}')),
  window: new CustomVariableBuilder('window')
    .label('Window')
    .description('Length of time that rates are taken over. Longer is smoother, and follows later.')
    .values('1m,5m,15m,1h,6h,1d')
    .current({ selected: true, text: '5m', value: '5m' }),
  page: several(query('page', 'Page', 'clickstream_page_views_total{job="$job",group="$group",topic=~"$topic"}')),
  funnel: query('funnel', 'Funnel', 'clickstream_funnel_sessions_total{job="$job",group="$group",topic=~"$topic"}'),
  collector: several(query('instance', 'Collector', 'clickstream_collector_log_available', 'collector')).description(
    'Processes that take in events over HTTP; npm start is one.',
  ),
  runbook: new ConstantVariableBuilder('runbook').label('Runbook').value(LINKS.runbook),
}

export type VariableName = keyof typeof VARIABLES

/** Values of a label, which has the variable's name unless another is given. */
function query(label: string, title: string, series: string, name = label): QueryVariableBuilder {
  const definition = `label_values(${series}, ${label})`
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(DATASOURCE)
    .query({ qryType: 1, query: definition, refId: `${name}-values` })
    .definition(definition)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
}

function several(variable: QueryVariableBuilder): QueryVariableBuilder {
  return variable
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] })
}
