/**
 * What has to be undone at the end, last opened first. What is opened after the end began (a start that
 * was interrupted in the middle of a step) is undone at once.
 */
export class Closing {
  readonly #steps: (() => Promise<void>)[] = []
  #ended: Promise<void> | undefined

  /** Resolves at once, or, when the end began already, when `undo` is done. */
  async add(undo: () => Promise<void>): Promise<void> {
    if (this.#ended === undefined) this.#steps.push(undo)
    else await undo()
  }

  /** Runs every step, even when one fails; calling it again waits for the same end. */
  close(tellFailure: (error: unknown) => void): Promise<void> {
    this.#ended ??= this.#undoAll(tellFailure)
    return this.#ended
  }

  async #undoAll(tellFailure: (error: unknown) => void): Promise<void> {
    for (let undo = this.#steps.pop(); undo !== undefined; undo = this.#steps.pop())
      await undo().catch(tellFailure)
  }
}
