import { createRandom } from '../../producer/random.ts'
import { hostileRequest } from './hostile-requests.ts'
import { type Conversation, RawConnection } from './raw-connection.ts'
import { soundRecords } from './sound-records.ts'
import type { HostileRequest, Target } from './wire.ts'

export interface LaneWords {
  readonly seed: number
  /** Of all lanes together. */
  readonly requests: number
  readonly lanes: number
  readonly port: number
  readonly target: Target
  readonly heard: (request: HostileRequest, conversation: Conversation) => void
}

/**
 * Sends hostile requests over several connections at once. Each lane has its own chance, so that what is sent does not
 * depend on which of them is faster.
 */
export async function sendHostileRequests({ seed, requests, lanes, port, target, heard }: LaneWords): Promise<void> {
  const lane = async (number: number): Promise<void> => {
    const random = createRandom(seed, number)
    const sound = soundRecords(random, `hostile-${number}`)
    const connection = new RawConnection(port)
    for (let count = number; count < requests; count += lanes) {
      const request = hostileRequest(random, target, sound)
      heard(request, await connection.send(request))
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)))
}
