/** Lets one task at a time through, in the order they came. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<Result>(task: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(task)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
