import { canonicalBytes, parseNote } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import type { Origin } from '../store/origins.ts'
import { approversOf, newestReferenceFiles } from '../store/expected-values.ts'
import type { Quote } from './quote.ts'
import { differences, parseText, type Profile } from './reference-values.ts'

/** How many different operators have to approve values that no signed file names. */
export const APPROVERS = 2

/** Registers as they are stored and shown. */
export function registersOf({ pcrs }: Quote): Record<string, string> {
  return Object.fromEntries(pcrs.map(({ index, value }) => [String(index), value]))
}

/** What an approval names the values by: SHA-256 of their canonical JSON, bank included. */
export function digestOfRegisters(
  { crypto }: Pick<Context, 'crypto'>,
  pcrs: Readonly<Record<string, string>>,
): Uint8Array {
  return crypto.hash('sha256', canonicalBytes({ bank: 'sha256', pcrs }))
}

/** Whether anybody vouches for the values: the newest signed files, or two operators; a fact where nobody does. */
export async function judgeValues(
  client: Client,
  context: Context,
  origin: Origin,
  quote: Quote,
): Promise<{ outcome: 'expected' | 'approved' } | { outcome: 'mismatch'; fact: Fact }> {
  const files = await newestReferenceFiles(client, origin.tenantId)
  const profiles = files.flatMap(({ note }) => parseText(parseNote(note).text).profiles)
  const closest = profiles
    .map((profile) => ({ profile, differing: differences(profile, quote) }))
    .toSorted((a, b) => a.differing.length - b.differing.length)
    .at(0)
  if (closest?.differing.length === 0) return { outcome: 'expected' }
  const digest = digestOfRegisters(context, registersOf(quote))
  if ((await approversOf(client, origin, digest)).length >= APPROVERS)
    return { outcome: 'approved' }
  return { outcome: 'mismatch', fact: unexpected(origin, quote, digest, closest) }
}

function unexpected(
  origin: Origin,
  quote: Quote,
  digest: Uint8Array,
  closest: { profile: Profile; differing: ReturnType<typeof differences> } | undefined,
): Fact {
  const register = (index: number, value: string) => `${index}=${value}`
  const shown =
    closest?.differing.map(({ index, value }) => register(index, value)) ??
    quote.pcrs.map(({ index, value }) => register(index, value))
  const expected =
    closest === undefined
      ? 'values that a signed file or two operators vouch for'
      : `as ${closest.profile.name} states: ${closest.differing
          .map(({ index, expected }) => register(index, expected.join('|')))
          .join(', ')}`
  // the count makes the same values at another start a new fact
  const found = `at reset ${quote.resetCount}: ${shown.join(', ')}`
  const fact = factAt(origin.origin, 'attestation-mismatch', null, expected, found)
  return { ...fact, key: `${fact.key}|values|${Buffer.from(digest).toString('hex')}` }
}
