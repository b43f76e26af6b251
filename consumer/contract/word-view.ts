const NOTHING = new Uint8Array(0)

let lastBytes: Uint8Array = NOTHING
let lastView: DataView = new DataView(NOTHING.buffer)
let earlierBytes: Uint8Array = NOTHING
let earlierView: DataView = lastView

/**
 * The same bytes, to be read four at a time. The views of the last two arrays are kept, and the arrays with them:
 * records come many in one array, and making a view costs as much as reading a short record.
 */
export function wordView(bytes: Uint8Array): DataView {
  return bytes === lastBytes ? lastView : otherView(bytes)
}

function otherView(bytes: Uint8Array): DataView {
  const view = bytes === earlierBytes ? earlierView : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  earlierBytes = lastBytes
  earlierView = lastView
  lastBytes = bytes
  lastView = view
  return view
}
