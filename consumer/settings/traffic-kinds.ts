import { type Kind, read, refuse, text } from './kinds.ts'
import { duration } from './quantities.ts'

const span = duration({ atLeast: '100ms', atMost: '365d' })

/** A duration; a plain number is seconds. */
export const durationOrSeconds: Kind<number> = {
  placeholder: 'DURATION',
  accepts: 'DURATION or a number of seconds',
  parse: (given) => span.parse(/^\d+$/.test(given) ? `${given}s` : given),
}

/** How many times as fast as real time, from 1 on. */
export const speedFactor: Kind<number> = {
  placeholder: 'FACTOR',
  parse(given) {
    const value = Number(given)
    const fits = /^\d+(\.\d+)?$/.test(given) && value >= 1 && value <= 100_000
    return fits ? read(value) : refuse('write a number from 1 to 100000, such as 60 for an hour a minute')
  },
}

/** An address to POST to. What logs in stands nowhere in it: it would be printed. */
export const httpAddress: Kind<string> = {
  placeholder: 'URL',
  parse(given) {
    const url = URL.canParse(given) ? new URL(given) : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol))
      return refuse('write an address such as http://127.0.0.1:8080/events')
    if (url.username !== '' || url.password !== '')
      return refuse('write it without user and password, set PRODUCER_API_KEY instead')
    return read(url.href)
  },
}

/** A file of the file system, or - for standard output. */
export const outputPath: Kind<string> = { ...text('PATH'), accepts: 'PATH or - for standard output' }

/** How many times as fast as it happened; below 1 slower. */
export const paceFactor: Kind<number> = {
  placeholder: 'FACTOR',
  parse(given) {
    const value = Number(given)
    const fits = /^\d+(\.\d+)?$/.test(given) && value >= 0.001 && value <= 1_000_000
    return fits ? read(value) : refuse('write a number from 0.001 to 1000000, such as 60 for an hour a minute')
  },
}

/** More than none. */
export const eventsPerSecond: Kind<number> = {
  placeholder: 'NUMBER',
  parse(given) {
    const value = Number(given)
    const fits = /^\d+(\.\d+)?$/.test(given) && value > 0 && value <= 1_000_000
    return fits ? read(value) : refuse('write a number above 0 and up to 1000000, such as 0.5 or 200')
  },
}
