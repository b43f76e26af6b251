/** The label value of everything beyond the table's room: totals stay right, single series become a lower bound. */
export const OTHER = '__other__'
/** The label value of events that carry no value at all. */
export const NONE = '__none__'

export const OTHER_ID = 0
export const NONE_ID = 1

/**
 * The values one label may take in one partition: configured ones always, others first come until the room is used.
 * Nothing evicts a value: the room bounds the table, and a series that vanished and came back would lie.
 */
export class LabelTable {
  readonly label: string
  /** Most ids this table can ever give out. */
  readonly capacity: number
  readonly values: string[] = [OTHER, NONE]
  readonly #ids = new Map<string, number>([
    [OTHER, OTHER_ID],
    [NONE, NONE_ID],
  ])
  readonly #configured: number

  /** @param room values admitted beyond the configured ones */
  constructor(label: string, configured: readonly string[], room: number) {
    this.label = label
    for (const value of configured) this.#add(value)
    this.#configured = this.values.length
    this.capacity = this.#configured + room
  }

  /** The value's id, admitting it while there is room; OTHER_ID beyond. */
  admit(value: string): number {
    const known = this.#ids.get(value)
    if (known !== undefined) return known
    return this.values.length < this.capacity ? this.#add(value) : OTHER_ID
  }

  /** Share of the room that is used, 0 to 1. */
  get used(): number {
    const room = this.capacity - this.#configured
    return room === 0 ? 0 : (this.values.length - this.#configured) / room
  }

  #add(value: string): number {
    const known = this.#ids.get(value)
    if (known !== undefined) return known
    this.#ids.set(value, this.values.length)
    return this.values.push(value) - 1
  }
}
