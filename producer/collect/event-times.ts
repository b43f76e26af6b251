import { isNumber } from '../../consumer/contract/decimal.ts'
import { type DecodeOptions, Decoder, FIELD } from '../../consumer/contract/decode.ts'
import { LATEST_TIME_MS, readEpoch, readIsoTime } from '../../consumer/contract/event-time.ts'
import { ESCAPED, NUMBER, STRING } from '../../consumer/contract/json-scan.ts'
import { ACCEPTED } from '../../consumer/contract/outcome.ts'
import type { ValidateOptions } from '../../consumer/contract/validate.ts'

export type EventTimeOptions = DecodeOptions & Pick<ValidateOptions, 'numbersAsStrings'>

/** When records happened, by their own word; also of those that are no valid event for another reason. */
export class EventTimes {
  readonly #decoder: Decoder
  readonly #numbersAsStrings: boolean

  constructor(options: EventTimeOptions) {
    this.#decoder = new Decoder(options, ['time'])
    this.#numbersAsStrings = options.numbersAsStrings
  }

  /** Epoch milliseconds, later than 1970 and before 2100; NaN where bytes[start, end) say none. */
  of(bytes: Uint8Array, start: number, end: number): number {
    const decoder = this.#decoder
    decoder.forgetTexts()
    if (decoder.decode(bytes, start, end) !== ACCEPTED) return Number.NaN
    const kind = decoder.kind(FIELD.time)
    if (kind !== STRING && kind !== ESCAPED && kind !== NUMBER) return Number.NaN
    decoder.text(FIELD.time)
    const timeMs = this.#read(kind === NUMBER)
    return timeMs > 0 && timeMs < LATEST_TIME_MS ? timeMs : Number.NaN
  }

  #read(isPlainNumber: boolean): number {
    const { dialect, textBytes, textStart, textEnd } = this.#decoder
    if (dialect.timeFormat === 'iso') return isPlainNumber ? Number.NaN : readIsoTime(textBytes, textStart, textEnd)
    const mayBeText = dialect.numbersAsStrings || this.#numbersAsStrings
    const isReadable = isPlainNumber || (mayBeText && isNumber(textBytes, textStart, textEnd))
    return isReadable ? readEpoch(textBytes, textStart, textEnd, dialect.timeFormat) : Number.NaN
  }
}
