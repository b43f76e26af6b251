/** Nothing here can run the Kafka that was asked for; the message says what is missing. */
export class NoBroker extends Error {
  override readonly name = 'NoBroker'
}
