/** What else a server has to offer. */
export interface LandingAddition {
  readonly links: readonly { readonly path: string; readonly text: string }[]
  /** A command line that shows how to send an event. @param origin `http://host:port` of this server */
  readonly example: (origin: string) => string
}

/** The page at `/`: what this is and where to look. `host` is the server's name as the browser has it. */
export function landingPage(waitingFor: readonly string[], host?: string, addition?: LandingAddition): string {
  const state = waitingFor.length === 0 ? 'ready' : `not ready: ${waitingFor.map(escaped).join('; ')}`
  const links = (addition?.links ?? []).map(
    ({ path, text }) => `  <dt><a href="${escaped(path)}">${escaped(path)}</a></dt><dd>${escaped(text)}</dd>\n`,
  )
  const command = addition?.example(`http://${host ?? '127.0.0.1'}`)
  const example = command === undefined ? '' : `<p>Send an event:</p>\n<pre>${escaped(command)}</pre>\n`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>clickstream-exporter</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #1d1f24; background: #fff }
  dt { font-family: ui-monospace, monospace; margin-top: .75rem } dd { margin: 0 0 0 1.5rem; color: #4a4f5a } pre { white-space: pre-wrap; overflow-wrap: anywhere }
  @media (prefers-color-scheme: dark) { body { color: #e6e8ec; background: #15171c } dd { color: #a9afbb } a { color: #8ab4ff } }
</style>
<h1>clickstream-exporter</h1>
<p>Page views, sessions, bounce, funnels, revenue and data quality from a clickstream log, as Prometheus metrics.</p>
<p>State: ${state}</p>
<dl>
  <dt><a href="/metrics">/metrics</a></dt><dd>for Prometheus, text format 0.0.4</dd>
  <dt><a href="/-/ready">/-/ready</a></dt><dd>200 once every partition is restored, else 503 and why</dd>
  <dt><a href="/-/healthy">/-/healthy</a></dt><dd>200 while the process answers</dd>
${links.join('')}</dl>
${example}</html>
`
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
