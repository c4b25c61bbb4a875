import type { Finding } from '@probant/evidence'
import type { Circumstances } from '../store/findings.ts'
import { isRaisedKind, type RaisedKind } from './catalogue.ts'

/** Something that is so, before it is known whether it is new. */
export interface Fact {
  kind: RaisedKind
  origin: string | null
  /** First bad trace; null where none can be named. */
  seq: number | null
  /** Both sides of the contradiction, in words. */
  expected: string
  found: string
  circumstances: Circumstances
  /** The same fact has the same key, whenever and however often it is met. */
  key: string
  /** Both sides in bytes, kept with the finding. */
  expectedBytes?: Uint8Array
  foundBytes?: Uint8Array
}

/** Longest text of one side; what is longer stands whole in the bytes kept. */
const TEXT_LENGTH = 2000

/** A box writes some of these words: what can't be stored or shown must not keep a finding from being raised. */
function printable(text: string): string {
  return text
    .slice(0, TEXT_LENGTH)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '\u{fffd}')
}

/** A fact about one trace, or about the journal as a whole; its key is its kind and place. */
export function factAt(
  origin: string,
  kind: RaisedKind,
  seq: number | null,
  expected: string,
  found: string,
  circumstances: Circumstances = {},
): Fact {
  return {
    kind,
    origin,
    seq,
    expected: printable(expected),
    found: printable(found),
    circumstances,
    key: `${origin}|${kind}|${seq ?? '-'}`,
  }
}

/** What the verifier of @probant/evidence found. */
export function factOf(origin: string, finding: Finding): Fact {
  const { kind, seq, expected, found, answer, range, since } = finding
  if (!isRaisedKind(kind)) throw new Error(`the verifier found ${kind}, which has no sentence here`)
  return factAt(origin, kind, seq, expected, found, {
    answer,
    ...(range === undefined ? {} : { from: range.from, to: range.to }),
    ...(since === undefined ? {} : { since }),
  })
}
