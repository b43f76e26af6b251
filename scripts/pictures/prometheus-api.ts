export interface Answered {
  readonly metric: Readonly<Record<string, string>>
  /** Times in seconds, values as text: NaN and +Inf are values too. */
  readonly values: readonly (readonly [time: number, text: string])[]
}

/** Times in epoch seconds, the step in seconds. */
export interface Period {
  readonly start: number
  readonly end: number
  readonly step: number
}

export interface Prometheus {
  readonly url: string
  /** The series at the end of the period, with one value each. */
  instant(query: string, period: Period): Promise<readonly Answered[]>
  range(query: string, period: Period): Promise<readonly Answered[]>
  /** Values of the label that the series have in the period, sorted. */
  labelValues(label: string, series: string, period: Period): Promise<readonly string[]>
}

/** While it reads what it stored. */
const NOT_READY = 503

/**
 * Asks a Prometheus by its HTTP API. `url` as in a browser.
 * Every question rejects when nobody answers there, somebody else does, or the query is refused: the message names
 * the URL or the query.
 */
export function prometheusAt(url: string): Prometheus {
  const api = `${url.replace(/\/+$/, '')}/api/v1`
  const ask = async <Data>(path: string, parameters: Record<string, string | number>, isPosted: boolean) => {
    const text = new URLSearchParams(
      Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
    )
    const request = isPosted ? { method: 'POST', body: text } : {}
    const response = await fetch(`${api}/${path}${isPosted ? '' : `?${text}`}`, request).catch((error: Error) => {
      const reason = error.cause instanceof Error ? error.cause.message : error.message
      throw new Error(`no Prometheus answers at ${url} (${reason}): start it, or name another with --prometheus`)
    })
    const answer = (await response.json().catch(() => undefined)) as
      | { status: string; data: Data; error?: string }
      | undefined
    if (answer?.status === undefined) {
      if (response.status === NOT_READY) throw new Error(`Prometheus at ${url} is not ready yet: try again in a moment`)
      throw new Error(`${url} answers ${response.status}, but not as Prometheus does: give Prometheus' own address`)
    }
    if (answer.status !== 'success')
      throw new Error(`Prometheus at ${url} refuses ${JSON.stringify(parameters)}: ${answer.error}`)
    return answer.data
  }
  return {
    url,
    async instant(query, { end }) {
      type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] }
      const { result } = await ask<Vector>('query', { query, time: end }, true)
      return result.map(({ metric, value }) => ({ metric, values: [value] }))
    },
    async range(query, period) {
      return (await ask<{ result: Answered[] }>('query_range', { query, ...period }, true)).result
    },
    async labelValues(label, series, { start, end }) {
      return (await ask<string[]>(`label/${label}/values`, { 'match[]': series, start, end }, false)).toSorted()
    },
  }
}
