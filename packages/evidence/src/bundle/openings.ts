import { parseOpening, type Opening } from '../commitment.ts'
import { canonicalBytes, parseCanonical } from '../jcs.ts'
import { Members } from '../members.ts'

/** `openings.json` of a bundle; what was erased is null. */
export interface Openings {
  readonly object: Opening | null
  readonly depositor: Opening | null
  readonly metadata: Opening | null
}

export function formatOpenings({ object, depositor, metadata }: Openings): Uint8Array {
  return canonicalBytes({ object, depositor, metadata })
}

/** EvidenceError `malformed-bundle` or `malformed-commitment`. */
export function parseOpenings(bytes: Uint8Array): Openings {
  const names = ['object', 'depositor', 'metadata'] as const
  const members = new Members(parseCanonical(bytes), 'malformed-bundle', 'openings.json', names)
  const read = (name: string): Opening | null =>
    members.orNull(name, (each) => parseOpening(members.value(each), `openings.json.${each}`))
  return { object: read('object'), depositor: read('depositor'), metadata: read('metadata') }
}
