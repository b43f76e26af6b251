/** A binary heap: whoever is due first comes first, at a cost that grows with the logarithm of how many wait. */
export interface DueQueue<T extends { readonly dueMs: number }> {
  push(item: T): void
  /** The item due first, left in place. */
  peek(): T | undefined
  pop(): T | undefined
}

export function createDueQueue<T extends { readonly dueMs: number }>(): DueQueue<T> {
  const heap: T[] = []

  function rise(item: T, from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (heap[parent]!.dueMs <= item.dueMs) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = item
  }

  function sink(item: T): void {
    let index = 0
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child += 1
      if (item.dueMs <= heap[child]!.dueMs) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = item
  }

  return {
    push(item) {
      heap.push(item)
      rise(item, heap.length - 1)
    },
    peek: () => heap[0],
    pop() {
      const first = heap[0]
      const last = heap.pop()
      if (last !== undefined && heap.length > 0) sink(last)
      return first
    },
  }
}
