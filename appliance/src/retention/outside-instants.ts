import {
  datedGroup,
  parseNote,
  parsePem,
  verifyCosignatures,
  verifyToken,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import { readFile } from 'node:fs/promises'
import type { TimestampingSettings } from '@probant/timestamping'
import { withLines } from '../journal/proofs.ts'
import { cosignaturesOf, witnessStandings } from '../store/cosignatures.ts'
import { checkpointCovering, type Queryable } from '../store/journal.ts'
import { newestDating, outsideTokensOf } from '../store/outside-tokens.ts'
import type { OutsideInstant } from './trusted-time.ts'

export interface OutsideContext {
  readonly database: Queryable
  readonly crypto: EvidenceCrypto
  readonly witnessKeys: readonly VerifierKey[]
  readonly dating: TimestampingSettings | undefined
}

/**
 * The newest instant that somebody outside stated: of each witness's newest cosignature, and of the newest tokens. What the database holds
 * is verified anew, with the keys and roots of the settings: whoever writes a row there moves no time.
 */
export async function newestOutsideInstant(
  context: OutsideContext,
): Promise<OutsideInstant | undefined> {
  const instants = [...(await cosigned(context)), ...(await stamped(context))]
  return instants.toSorted((a, b) => b.ms - a.ms)[0]
}

async function cosigned({ database, crypto, witnessKeys }: OutsideContext) {
  const instants: OutsideInstant[] = []
  for (const { size } of await witnessStandings(database)) {
    const checkpoint = await checkpointCovering(database, size)
    if (checkpoint?.size !== size) continue
    const lines = (await cosignaturesOf(database, size)).map(({ line }) => line)
    const note = parseNote(withLines(checkpoint.note, lines))
    for (const { answer, timestamp } of await verifyCosignatures(crypto, note, witnessKeys))
      if (answer === 'valid' && timestamp !== null)
        instants.push({ ms: timestamp * 1000, by: 'cosignature' })
  }
  return instants
}

async function stamped({ database, crypto, dating }: OutsideContext) {
  const head = await newestDating(database)
  if (head === undefined || dating === undefined) return []
  const roots: Uint8Array[] = []
  for (const authority of dating.authorities)
    roots.push(...parsePem(await readFile(authority.roots, 'latin1'), 'CERTIFICATE'))
  const { imprint } = datedGroup(crypto, head.checkpoint, head.seal)
  const instants: OutsideInstant[] = []
  for (const { token, path } of await outsideTokensOf(database, head.size)) {
    const how = { imprint, imprintAlgorithm: 'sha512', roots, certificates: path } as const
    const { verdict, genTime } = await verifyToken(crypto, token, how)
    if (verdict.status === 'valid' && genTime !== undefined)
      instants.push({ ms: Date.parse(genTime), by: 'token' })
  }
  return instants
}
