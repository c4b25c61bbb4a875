import { equalBytes, fromBase64, fromUtf8, toHex } from '../bytes.ts'
import { openingMatches } from '../commitment.ts'
import type { Hashing } from '../crypto.ts'
import { canonicalBytes } from '../jcs.ts'
import type { Statement } from '../statement.ts'
import type { Trace } from '../trace.ts'
import { cannotTell, invalid, valid, type Verdict } from '../verdict.ts'
import type { Openings } from './openings.ts'

/** What the deposit trace's commitment hides: formats.md section 5, field `object`. */
export function depositedObject(
  hashing: Hashing,
  statement: Pick<Statement, 'digests' | 'size'>,
  lat: Uint8Array,
): Uint8Array {
  return canonicalBytes({
    digests: statement.digests,
    lat: {
      sha256: toHex(hashing.hash('sha256', lat)),
      'sha3-256': toHex(hashing.hash('sha3-256', lat)),
    },
    size: statement.size,
  })
}

/** A LAT counts only together with its deposit trace: whether the trace commits to exactly this LAT. */
export function checkDeposit(
  hashing: Hashing,
  trace: Trace,
  statement: Statement,
  lat: Uint8Array,
  { object }: Openings,
): Verdict {
  const where = `traces/${trace.seq}.json`
  const isDeposit =
    trace.act === 'deposit' &&
    trace.outcome === 'done' &&
    trace.vault === statement.vault &&
    trace.object === statement.object
  if (!isDeposit || trace.objectCommitment === null) {
    return invalid('bad-deposit-trace', 'the first trace is not the deposit of this object', where)
  }
  if (object === null) return cannotTell("the opening of the deposit trace's commitment")
  if (object.field !== 'object' || !openingMatches(hashing, trace.objectCommitment, object)) {
    return invalid('bad-opening', 'the opening is not that of the deposit trace', where)
  }
  return equalBytes(fromBase64(object.value), depositedObject(hashing, statement, lat))
    ? valid
    : invalid('bad-deposit-trace', 'the deposit trace commits to another LAT', where)
}

/** The statement's commitments against the openings that were not erased. */
export function checkOpenings(
  hashing: Hashing,
  statement: Statement,
  openings: Openings,
  metadata: Uint8Array | undefined,
): Verdict {
  for (const field of ['depositor', 'metadata'] as const) {
    const opening = openings[field]
    if (opening === null) continue
    if (opening.field !== field || !openingMatches(hashing, statement[field], opening)) {
      return invalid('bad-opening', `the opening of ${field} is not the statement's`, field)
    }
  }
  const committed = openings.metadata && fromBase64(openings.metadata.value)
  const isWhole =
    committed === null
      ? metadata === undefined
      : metadata !== undefined && equalBytes(committed, metadata)
  return isWhole
    ? valid
    : invalid('bad-opening', 'the metadata are not those committed to', 'metadata.json')
}

/** The depositor's identifier, as far as its opening is there. */
export function depositorOf({ depositor }: Openings): string | null {
  return depositor === null ? null : fromUtf8(fromBase64(depositor.value))
}
