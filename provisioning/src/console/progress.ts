import type { Clock } from '@probant/host'

/** What a console needs to be: `process.stdout`, or a test's collector. */
export interface Screen {
  write(text: string): unknown
  isTTY?: boolean | undefined
}

/**
 * Tells a person what is being done: one line a step, with its time. On a terminal the step shows
 * while it runs and its line is rewritten at the end; elsewhere (a file, a service's log) each step
 * is one plain line, written when it ends.
 */
export class Progress {
  readonly #screen: Screen
  readonly #clock: Clock
  #open = ''

  constructor(screen: Screen, clock: Clock) {
    this.#screen = screen
    this.#clock = clock
  }

  /** Runs one step under a title; a failure is marked and passed on. */
  async step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
    const began = this.#clock.monotonicMs()
    this.#show(`  … ${title}`)
    try {
      const result = await work()
      this.#end(`  ✓ ${title} (${seconds(this.#clock.monotonicMs() - began)})`)
      return result
    } catch (error) {
      this.#end(`  ✗ ${title}`)
      throw error
    }
  }

  /** One line of its own, between steps or long after them. */
  tell(line: string): void {
    const open = this.#open
    this.#end(line)
    if (open !== '') this.#show(open)
  }

  #show(line: string): void {
    if (this.#screen.isTTY !== true) return
    this.#open = line
    this.#screen.write(line)
  }

  #end(line: string): void {
    const rewind = this.#open === '' ? '' : '\r\u001b[2K'
    this.#open = ''
    this.#screen.write(`${rewind}${line}\n`)
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
