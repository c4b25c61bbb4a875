import { createHash, createPublicKey, verify } from 'node:crypto'
import { concat, equalBytes, fromBase64, fromHex, toHex } from '@probant/evidence'
import type { Attestation, AttestationRequest } from '@probant/shipping'
import { nameOf, readAttest, spkiOf, Tpm2Error, type Attest } from '@probant/tpm2-tss-bindings/wire'
import { isOfFirmware, replay } from './event-log.ts'

/** What a box's TPM stated, once it is known to be its. */
export interface Quote {
  /** Milliseconds of power-on time. */
  clockMs: number
  resetCount: number
  restartCount: number
  /** False where the clock may repeat what it showed before a power cut. */
  isClockSafe: boolean
  /** Registers in the order asked for. */
  pcrs: readonly { index: number; value: string }[]
}

/** A contradiction in a quote; `reason` tells facts of one kind apart. */
export interface Contradiction {
  kind: 'attestation-mismatch' | 'clone'
  reason: string
  expected: string
  found: string
}

export type Checked =
  { status: 'holds'; quote: Quote } | { status: 'contradicts'; contradiction: Contradiction }

/**
 * Checks a quote: by the enrolled key, over this session's nonce and the registers asked for; values as digested, and as the event
 * log gives them. Says nothing about whether the values are good ones.
 */
export function checkQuote(
  enrolledName: Uint8Array,
  enrolledArea: Uint8Array,
  request: AttestationRequest,
  message: Attestation,
): Checked {
  const statement = fromBase64(message.statement)
  const signature = fromBase64(message.signature)
  const given = fromBase64(message.attestationKey)
  const name = nameIfAny(given)
  const expected = `a quote by the enrolled key ${toHex(enrolledName)}`
  if (name === undefined) return mismatch('signature', expected, 'a key that is no attestation key')
  if (!equalBytes(name, enrolledName))
    return isSignedBy(given, statement, signature)
      ? clone(expected, `a quote by the key ${toHex(name)} of another TPM`)
      : mismatch('signature', expected, 'a signature of no key presented')
  if (!isSignedBy(enrolledArea, statement, signature))
    return mismatch('signature', expected, 'a signature that does not hold')
  const attest = attestIfAny(statement)
  if (attest?.attested.kind !== 'quote')
    return mismatch('statement', 'a quote', 'another statement of the TPM')
  if (!equalBytes(attest.extraData, fromHex(request.nonce)))
    return mismatch('nonce', `the nonce ${request.nonce}`, `the nonce ${toHex(attest.extraData)}`)
  return checkRegisters(attest, attest.attested, request, message)
}

function checkRegisters(
  { clockInfo }: Attest,
  { pcrs, digest }: Extract<Attest['attested'], { kind: 'quote' }>,
  request: AttestationRequest,
  message: Attestation,
): Checked {
  const asked = request.pcrs.join(',')
  const [selected, ...more] = pcrs
  if (selected?.bank !== 'sha256' || selected.indices.join(',') !== asked || more.length > 0) {
    const quoted = pcrs.map(({ bank, indices }) => `${bank}:${indices.join(',')}`).join(' ')
    return mismatch('registers', `the registers sha256:${asked}`, `the registers ${quoted}`)
  }
  const digested = createHash('sha256')
    .update(concat(...message.values.map(fromHex)))
    .digest()
  if (message.values.length !== request.pcrs.length || !equalBytes(digested, digest))
    return mismatch(
      'digest',
      `values with the digest ${toHex(digest)}, as quoted`,
      `values with the digest ${toHex(digested)}`,
    )
  const quote: Quote = {
    clockMs: Number(clockInfo.clock),
    resetCount: clockInfo.resetCount,
    restartCount: clockInfo.restartCount,
    isClockSafe: clockInfo.safe,
    pcrs: request.pcrs.map((index, at) => ({ index, value: message.values[at] ?? '' })),
  }
  const contradiction = contradictionOfLog(quote, message)
  return contradiction === undefined
    ? { status: 'holds', quote }
    : { status: 'contradicts', contradiction }
}

/** A log has to give the firmware's registers; without one there is nothing to compare. */
function contradictionOfLog({ pcrs }: Quote, { eventLog }: Attestation): Contradiction | undefined {
  if (eventLog.state !== 'given') return undefined
  const replayed = replay(fromBase64(eventLog.bytes ?? ''))
  if (replayed.status === 'unreadable')
    return mismatched(
      'log',
      'an event log that can be read',
      `an event log that can’t: ${replayed.why}`,
    )
  const differing = pcrs
    .filter(({ index }) => isOfFirmware(index))
    .map((pcr) => ({ ...pcr, replayed: toHex(replayed.valueOf(pcr.index)) }))
    .find(({ value, replayed }) => value !== replayed)
  if (differing === undefined) return undefined
  const { index, value } = differing
  return mismatched(
    'log',
    `an event log that gives register ${index} ${value}, as quoted`,
    `an event log that gives register ${index} ${differing.replayed}`,
  )
}

function nameIfAny(publicArea: Uint8Array): Uint8Array | undefined {
  return orUndefined(() => {
    spkiOf(publicArea)
    return nameOf(publicArea)
  })
}

function attestIfAny(statement: Uint8Array): Attest | undefined {
  return orUndefined(() => readAttest(statement))
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Tpm2Error) return undefined
    throw error
  }
}

/** @param publicArea of a key on P-256, as was checked before */
function isSignedBy(publicArea: Uint8Array, statement: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = Buffer.from(spkiOf(publicArea))
    return verify(
      'sha256',
      statement,
      { key: createPublicKey({ key, type: 'spki', format: 'der' }), dsaEncoding: 'der' },
      signature,
    )
  } catch {
    // coordinates that are no point of the curve
    return false
  }
}

function mismatched(reason: string, expected: string, found: string): Contradiction {
  return { kind: 'attestation-mismatch', reason, expected, found }
}

function mismatch(reason: string, expected: string, found: string): Checked {
  return { status: 'contradicts', contradiction: mismatched(reason, expected, found) }
}

function clone(expected: string, found: string): Checked {
  return {
    status: 'contradicts',
    contradiction: { kind: 'clone', reason: found, expected, found },
  }
}
