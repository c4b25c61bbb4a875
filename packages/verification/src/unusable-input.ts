import { exitCodes } from './answer.ts'

/** Input that can't be judged at all: no such file, not a zip, anchors that can't be read. */
export class UnusableInput extends Error {
  override readonly name = 'UnusableInput'
  /** What a command ends with when nothing catches this. */
  readonly exitCode = exitCodes.unusable
}
