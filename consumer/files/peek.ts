/** The beginning of `source`: chunks are taken until `isEnough`, or until the source has ended. */
export async function peek(
  source: AsyncGenerator<Uint8Array, void, undefined>,
  isEnough: (head: Uint8Array) => boolean,
): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0)
  while (!isEnough(head)) {
    const next = await source.next()
    if (next.done) break
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value])
  }
  return head
}
