import { stringify } from 'yaml'

/** What explains others silences them while it fires for the same topic and group. */
const INHIBITIONS: readonly { readonly source: readonly string[]; readonly target: readonly string[] }[] = [
  // Incomplete or old numbers: what they seem to say of visitors is not worth waking anybody.
  {
    source: ['alertname=~"ExporterDown|LagHigh|WatermarkStalled|NoEvents"', 'what!="target"'],
    target: ['kind="behaviour"'],
  },
  { source: ['alertname="CommitOrSnapshotFailing"', 'what!="snapshot"'], target: ['kind="behaviour"'] },
  {
    source: ['alertname="ExporterDown"', 'what!="target"'],
    target: ['alertname=~"NoEvents|WatermarkStalled|LagHigh"'],
  },
  // Visitors that are none. What they do to the shares of sessions lasts longer: those rules look for themselves.
  { source: ['alertname="BotStorm"'], target: ['alertname="TrafficAnomaly"', 'direction="spike"'] },
  {
    source: ['alertname="CheckoutConversionBurn"', 'severity="page"'],
    target: ['alertname="CheckoutConversionBurn"', 'severity="warning"'],
  },
]

const GENERATED = '# Written by scripts/rules.ts from prometheus/src/alertmanager.ts: change it there.\n'

const NOBODY = `# Alerts arrive, are grouped and shown, and go no further. node scripts/rules.ts --webhook URL prints this file with a
# receiver; for others, such as slack_configs, put them below the receiver's name.
`

/**
 * Alertmanager's configuration as YAML: one notification per topic and group, with all that fires there.
 * @param webhook URL that notifications are posted to; without it nobody is told
 */
export function alertmanagerConfig(webhook?: string): string {
  const receiver = webhook === undefined ? { name: 'nobody' } : { name: 'webhook', webhook_configs: [{ url: webhook }] }
  return (
    GENERATED +
    (webhook === undefined ? NOBODY : '') +
    stringify(
      {
        route: {
          receiver: receiver.name,
          group_by: ['group', 'topic'],
          group_wait: '10s',
          group_interval: '1m',
          repeat_interval: '4h',
          routes: [{ matchers: ['severity="page"'], repeat_interval: '1h' }],
        },
        inhibit_rules: INHIBITIONS.map(({ source, target }) => ({
          source_matchers: source,
          target_matchers: target,
          equal: ['group', 'topic'],
        })),
        receivers: [receiver],
      },
      { lineWidth: 0 },
    )
  )
}
