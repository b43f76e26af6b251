import { isIPv4, isIPv6 } from 'node:net'
import { readIsoTime } from '../contract/event-time.ts'
import { type Kind, orWord, read, refuse } from './kinds.ts'
import { wholeNumber } from './quantities.ts'

const BROKER_FIX = 'write host:port such as kafka-1:9092, or [2001:db8::5]:9092; without a port it is 9092'

/** `host:port`, with 9092 for a port left out; an IPv6 address stays in its brackets. */
export const brokerAddress: Kind<string> = {
  placeholder: 'HOST:PORT',
  parse(given) {
    const [scheme] = /^\w+:\/\//.exec(given) ?? []
    if (scheme !== undefined) return refuse(`write host:port without ${scheme}`)
    if (isIPv6(given)) return refuse(`write an IPv6 address in brackets, [${given}]:9092`)
    const [, inBrackets, name = '', port = '9092'] = /^(?:\[(.+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(given) ?? []
    // A number alone is a port somebody forgot the host of; the resolver would take it for an address.
    const isHost = inBrackets === undefined ? /[a-z]/i.test(name) || isIPv4(name) : isIPv6(inBrackets)
    if (!isHost || Number(port) < 1 || Number(port) > 65_535) return refuse(BROKER_FIX)
    return read(`${inBrackets === undefined ? name : `[${inBrackets}]`}:${Number(port)}`)
  },
}

/** Epoch milliseconds of an ISO 8601 time since 1970; without a zone it is UTC. */
export const isoTime: Kind<number> = {
  placeholder: 'TIME',
  parse(given) {
    const bytes = Buffer.from(given)
    const timeMs = readIsoTime(bytes, 0, bytes.length)
    // The protocol has meanings of its own for negative times.
    return timeMs >= 0 ? read(timeMs) : refuse('write a time since 1970 such as 2025-01-31T18:00:00Z')
  },
}

export const startingPoint = orWord(isoTime, { earliest: 'earliest', latest: 'latest' })

export const replication = orWord(wholeNumber({ atLeast: 1, atMost: 32_767 }), { '-1': -1 })
