import {
  canonicalBytes,
  EvidenceError,
  fromUtf8,
  parseCanonical,
  parseNote,
  parseVkey,
  utf8,
  verifyNote,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { SupervisorError } from '../errors.ts'
import type { Quote } from './quote.ts'

const HEADER = 'probant.reference-values/v1'
const LONGEST_NOTE = 256 * 1024

const profile = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    /** Registers by number, each with the values that are right. */
    pcrs: Type.Record(
      Type.String({ pattern: '^([0-9]|1[0-9]|2[0-3])$' }),
      Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), { minItems: 1, maxItems: 64 }),
    ),
  },
  { additionalProperties: false },
)
const referenceValues = Type.Object(
  {
    bank: Type.Literal('sha256'),
    issued: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' }),
    profiles: Type.Array(profile, { minItems: 1, maxItems: 200 }),
    /** Rises with each file of one signer; the newest alone counts. */
    sequence: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  },
  { additionalProperties: false },
)

export type Profile = Static<typeof profile>
export type ReferenceValues = Static<typeof referenceValues>

/**
 * Reads a file of expected values (formats.md section 18), signed by one of the pinned keys.
 * @returns the values, and the name of the key that signed them
 * @throws SupervisorError `reference-values`
 */
export async function readReferenceValues(
  crypto: EvidenceCrypto,
  text: string,
  pinned: readonly string[],
): Promise<{ signer: string; values: ReferenceValues }> {
  if (text.length > LONGEST_NOTE) throw wrong(`the file has more than ${LONGEST_NOTE} bytes`)
  try {
    const note = parseNote(text)
    const { verdict, verifiedBy } = await verifyNote(crypto, note, pinnedKeys(crypto, pinned))
    const [signer] = verifiedBy
    if (verdict.status !== 'valid' || signer === undefined)
      throw wrong('the file is not signed by a key pinned here')
    return { signer: signer.name, values: parseText(note.text) }
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    throw new SupervisorError('reference-values', `the file can't be read: ${error.message}`, error)
  }
}

function pinnedKeys(crypto: EvidenceCrypto, vkeys: readonly string[]): VerifierKey[] {
  return vkeys.map((vkey) => {
    const key = parseVkey(vkey, crypto)
    if (key.type !== 1 && key.type !== 2)
      throw new SupervisorError('unusable-setting', `${key.name} is neither Ed25519 nor P-256`)
    return key
  })
}

/** The text of a file that was verified before, or is being. @throws SupervisorError, EvidenceError */
export function parseText(text: string): ReferenceValues {
  const [header, json = '', end, ...more] = text.split('\n')
  if (header !== HEADER || end !== '' || more.length > 0)
    throw wrong(`the text is not the line ${HEADER} and one line of JSON`)
  const value = parseCanonical(utf8(json))
  if (!Value.Check(referenceValues, value)) throw wrong('the JSON is not that of expected values')
  if (value.profiles.some(({ pcrs }) => Object.keys(pcrs).length === 0))
    throw wrong('a profile names no register')
  return value
}

/** The text to be signed. */
export function formatText(values: ReferenceValues): string {
  return `${HEADER}\n${fromUtf8(canonicalBytes(values))}\n`
}

/** What of a quote a profile contradicts; registers that it doesn't name are not judged. */
export function differences(
  { pcrs }: Profile,
  quote: Quote,
): { index: number; expected: readonly string[]; value: string }[] {
  const quoted = new Map(quote.pcrs.map(({ index, value }) => [index, value]))
  return Object.entries(pcrs)
    .map(([index, expected]) => ({
      index: Number(index),
      expected,
      value: quoted.get(Number(index)) ?? 'not quoted',
    }))
    .filter(({ expected, value }) => !expected.includes(value))
}

function wrong(message: string): SupervisorError {
  return new SupervisorError('reference-values', message)
}
