/** A text that nothing prints by accident: a logger, JSON and a message all show it empty. */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }
}
