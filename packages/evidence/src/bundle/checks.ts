import { combine, type Verdict } from '../verdict.ts'
import type { BundleCheck, BundleCheckName } from './report.ts'

/** The checks made so far, in order. */
export class Checks {
  readonly #made: BundleCheck[] = []
  #current: BundleCheckName = 'entries'

  get made(): readonly BundleCheck[] {
    return this.#made
  }

  /** Names the check under way: what can't be read from here on counts against it. */
  begin(name: BundleCheckName): void {
    this.#current = name
  }

  /** The verdict of the check under way. */
  end(verdict: Verdict, isDecisive = true): void {
    this.#made.push({ name: this.#current, verdict, isDecisive })
  }

  /** One that is begun and ended at once. */
  add(name: BundleCheckName, verdict: Verdict, isDecisive = true): void {
    this.begin(name)
    this.end(verdict, isDecisive)
  }

  /** The answer for the whole. */
  verdict(): Verdict {
    return combine(this.#made.filter((each) => each.isDecisive).map((each) => each.verdict))
  }
}
