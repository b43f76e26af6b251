/** Bytes of Kafka's protocol as they are written and read: big endian, compact lengths one too high. */

export class WireWriter {
  #bytes = Buffer.alloc(256)
  #length = 0

  int8(value: number): this {
    this.#reserve(1)
    this.#length = this.#bytes.writeInt8(value, this.#length)
    return this
  }

  int32(value: number): this {
    this.#reserve(4)
    this.#length = this.#bytes.writeInt32BE(value, this.#length)
    return this
  }

  /** A whole number that a double holds exactly. */
  int64(value: number): this {
    this.#reserve(8)
    this.#bytes.writeInt32BE(Math.floor(value / 2 ** 32), this.#length)
    this.#length = this.#bytes.writeUInt32BE(value - Math.floor(value / 2 ** 32) * 2 ** 32, this.#length + 4)
    return this
  }

  uuid(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  string(text: string): this {
    const length = Buffer.byteLength(text)
    this.#reserve(length + 2)
    this.#length = this.#bytes.writeInt16BE(length, this.#length)
    this.#length += this.#bytes.write(text, this.#length)
    return this
  }

  compactString(text: string): this {
    const length = Buffer.byteLength(text)
    this.varint(length + 1)
    this.#reserve(length)
    this.#length += this.#bytes.write(text, this.#length)
    return this
  }

  /** Unsigned, seven bits a byte. */
  varint(value: number): this {
    this.#reserve(5)
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
    return this
  }

  /** None of the optional fields that newer versions end every structure with. */
  noTags(): this {
    return this.varint(0)
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + more))
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}

/** Reads past the end throw a RangeError. */
export class WireReader {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  int8(): number {
    return this.bytes.readInt8(this.#step(1))
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#step(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#step(4))
  }

  /** Offsets and times of Kafka fit into a double. */
  int64(): number {
    return int64At(this.bytes, this.#step(8))
  }

  uuid(): Buffer {
    return this.slice(16)
  }

  string(): string | undefined {
    const length = this.int16()
    return length < 0 ? undefined : this.slice(length).toString()
  }

  compactString(): string | undefined {
    const length = this.varint() - 1
    return length < 0 ? undefined : this.slice(length).toString()
  }

  varint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes.readUInt8(this.#step(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw new RangeError('a length has more than five bytes')
  }

  /** Each item in its turn; a null array has none. */
  compactArray<Item>(read: () => Item): Item[] {
    const items: Item[] = []
    for (let left = this.varint() - 1; left > 0; left--) items.push(read())
    return items
  }

  array<Item>(read: () => Item): Item[] {
    const items: Item[] = []
    for (let left = this.int32(); left > 0; left--) items.push(read())
    return items
  }

  /** Passes over optional fields. */
  tags(): void {
    for (let left = this.varint(); left > 0; left--) {
      this.varint()
      this.slice(this.varint())
    }
  }

  /** A view of the next bytes. */
  slice(length: number): Buffer {
    const start = this.#step(length)
    if (this.at > this.bytes.length) throw new RangeError('the response ends within a field')
    return this.bytes.subarray(start, this.at)
  }

  #step(bytes: number): number {
    const start = this.at
    this.at += bytes
    return start
  }
}

export const int64At = (bytes: Buffer, at: number): number =>
  bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
