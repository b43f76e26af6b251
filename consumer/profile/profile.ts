import type { CoreOptions } from '../core/options.ts'
import { NO_LOG_TIME } from '../core/pipeline.ts'
import type { FileFormat } from '../files/format.ts'
import type { FileRecord } from '../files/record.ts'
import type { TopicRecord } from '../log/kafka/read-topic.ts'
import { EventsProfile, type EventsSummary } from './events-profile.ts'
import { PageviewsProfile, type PageviewsSummary } from './pageviews-profile.ts'
import type { ProfiledRecord } from './profiled-record.ts'

export interface SourceSummary {
  readonly source: string
  readonly records: number
  /** `unknown` when it holds no record that would tell. */
  readonly holds: 'events' | 'pageviews' | 'unknown'
}

/** What `--format json` prints. */
export interface ProfileSummary {
  readonly sources: readonly SourceSummary[]
  /** Of all sources that hold events, as one stream; undefined when none does. */
  readonly events?: EventsSummary
  /** Of all sources that hold Wikimedia's pageviews. */
  readonly pageviews?: PageviewsSummary
}

interface Source {
  readonly name: string
  holds: 'events' | 'pageviews' | undefined
  records: number
}

/** Profiles files or a topic. The first JSON object of a source tells whether it holds events or pageviews. */
export class Profile {
  readonly #options: CoreOptions
  readonly #nowMs: number
  readonly #sources: Source[] = []
  #events: EventsProfile | undefined
  #pageviews: PageviewsProfile | undefined

  /** @param nowMs events after it lie in the future, epoch milliseconds */
  constructor(options: CoreOptions, nowMs: number) {
    this.#options = options
    this.#nowMs = nowMs
  }

  /** Begins the next source: what is added from here on is of it. */
  begin(name: string): void {
    this.#sources.push({ name, holds: this.#options.dialect === 'auto' ? undefined : 'events', records: 0 })
  }

  addOfFile({ bytes, start, end }: FileRecord, format: FileFormat, isCsv: boolean): void {
    if (format === 'pageviews') this.#sources.at(-1)!.holds = 'pageviews'
    this.#add({ bytes, start, end, partition: 0, logTimeMs: NO_LOG_TIME, appendTime: false, isCsv })
  }

  addOfTopic({ bytes, start, end, partition, logTimeMs, appendTime }: TopicRecord): void {
    this.#add({ bytes, start, end, partition, logTimeMs, appendTime, isCsv: false })
  }

  finish(): ProfileSummary {
    return {
      sources: this.#sources.map(({ name, records, holds }) => ({ source: name, records, holds: holds ?? 'unknown' })),
      ...(this.#events && { events: this.#events.finish() }),
      ...(this.#pageviews && { pageviews: this.#pageviews.finish() }),
    }
  }

  #add(record: ProfiledRecord): void {
    const source = this.#sources.at(-1)!
    source.records++
    source.holds ??= kindOf(record)
    if (source.holds === 'pageviews') {
      this.#pageviews ??= new PageviewsProfile()
      this.#pageviews.add(record)
    } else {
      this.#events ??= new EventsProfile(this.#options, this.#nowMs)
      this.#events.add(record)
    }
  }
}

/** What an object tells by its keys; undefined when the record is none. */
function kindOf({ bytes, start, end }: ProfiledRecord): 'events' | 'pageviews' | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.subarray(start, end)).toString())
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return 'project' in value && 'page' in value && !('user_id' in value) ? 'pageviews' : 'events'
  } catch {
    return undefined
  }
}
