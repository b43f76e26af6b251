import type { Prepare } from './prepared-record.ts'

interface Pageviews {
  readonly project?: string
  readonly page?: string
  readonly count?: number
  readonly timestamp?: string
}

/** Lines of hourly pageviews, keyed by project and page; those that name no project or no page are left out. */
export const preparePageviews: Prepare = ({ bytes, start, end }) => {
  const value = bytes.subarray(start, end)
  const views = pageviewsIn(value)
  if (views === undefined) return 'broken lines'
  const { project, page, timestamp } = views
  if (project === undefined || page === undefined) return 'without a project or a page'
  const timeMs = timestamp === undefined ? undefined : Date.parse(timestamp)
  return { key: `${project} ${page}`, value, timeMs }
}

/** Undefined for a line that could not be read: it is its own text. */
function pageviewsIn(value: Uint8Array): Pageviews | undefined {
  try {
    const document: unknown = JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString())
    return typeof (document as Pageviews | null)?.count === 'number' ? (document as Pageviews) : undefined
  } catch {
    return undefined
  }
}
