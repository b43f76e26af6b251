import type { FiredAlert } from './verdict.ts'

/** An alert as Alertmanager writes it. */
export interface AlertWords {
  readonly labels: Readonly<Record<string, string>>
  readonly startsAt: string
  readonly fingerprint: string
}

/** The alert, told from the same alert that fires another time. */
export function firedAlert({ labels, startsAt, fingerprint }: AlertWords): Omit<FiredAlert, 'endedMs'> {
  const { alertname = '', ...others } = labels
  const startedMs = Date.parse(startsAt)
  return { id: `${fingerprint} ${startedMs}`, name: alertname, labels: others, startedMs }
}
