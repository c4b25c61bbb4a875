import { canonicalBytes, EvidenceError, fromBase64, toHex } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import { ShippingError, type Attestation, type AttestationAnswer } from '@probant/shipping'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { keepEvidence } from '../findings/evidence.ts'
import { raise, settle } from '../findings/raise.ts'
import { inSession, shippedFinding, type Platform, type Session } from '../intake/session.ts'
import {
  insertAttestation,
  furthestQuoteOf,
  type StoredAttestation,
} from '../store/attestations.ts'
import { openFindings } from '../store/findings.ts'
import { counterFacts } from './counters.ts'
import { digestOfRegisters, judgeValues, registersOf } from './expectation.ts'
import { checkQuote, type Checked, type Quote } from './quote.ts'

/**
 * What a box's TPM states, once a session: kept, judged and answered. Another machine's is refused, with all that follows it in the
 * session; anything else is told beside the data, which is wanted all the same.
 * @throws ShippingError `malformed-message` where nothing was asked for or it can't be decoded
 */
export async function takeAttestation(
  context: Context,
  session: Session,
  message: Attestation,
): Promise<AttestationAnswer> {
  const { platform } = session
  if (platform?.request == null || platform.state !== 'awaited')
    throw new ShippingError('malformed-message', 'an attestation that nobody asked for')
  const checked = checkedOf(platform, message)
  const evidence = await keep(context, message, checked)
  const facts =
    checked.status === 'holds'
      ? await takeQuote(context, session, checked.quote, { platform, message, evidence })
      : await takeContradiction(context, session, checked, { platform, message, evidence })
  const isRefused = facts.some(({ kind }) => kind === 'clone')
  platform.state = isRefused ? 'refused' : 'taken'
  if (facts.length > 0) context.wake()
  return { status: isRefused ? 422 : 200, findings: facts.map(shippedFinding) }
}

interface Given {
  platform: Platform
  message: Attestation
  evidence: Uint8Array
}

function checkedOf({ key, request }: Platform, message: Attestation): Checked {
  if (request === null) throw new Error('checked only where something was asked for')
  try {
    return checkQuote(key.keyName, key.publicArea, request, message)
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    throw new ShippingError('malformed-message', `attestation: ${error.message}`, { cause: error })
  }
}

/** What came, for who looks at it later. A log is kept once, and only where it gives what the TPM signed. */
async function keep(
  context: Context,
  { eventLog, ...message }: Attestation,
  { status }: Checked,
): Promise<Uint8Array> {
  const log = fromBase64(eventLog.bytes ?? '')
  if (status === 'holds' && eventLog.state === 'given') await context.bytes.put(log)
  return context.bytes.put(canonicalBytes(evidenceOf(context, { ...message, eventLog })))
}

/** What is kept of a statement: its log by digest. */
export function evidenceOf({ crypto }: Context, { eventLog, ...message }: Attestation) {
  const sha256 = toHex(crypto.hash('sha256', fromBase64(eventLog.bytes ?? '')))
  return { ...message, eventLog: { state: eventLog.state, sha256 } }
}

async function takeQuote(
  context: Context,
  session: Session,
  quote: Quote,
  given: Given,
): Promise<Fact[]> {
  const { box, origin } = session
  const { platform, message } = given
  return inSession(context, session, async (client) => {
    const before = await furthestQuoteOf(client, box, platform.key)
    const facts = [
      ...counterFacts(origin.origin, before.counts, quote),
      ...logVanished(origin.origin, before.hadLog, message),
    ]
    const judged = await judgeValues(client, context, origin, quote)
    if (judged.outcome === 'mismatch') facts.push(judged.fact)
    const pcrs = registersOf(quote)
    await insertAttestation(client, box, {
      ...stored(context, given),
      outcome: facts.length > 0 ? 'mismatch' : judged.outcome,
      counts: quote,
      pcrs,
      pcrsSha256: digestOfRegisters(context, pcrs),
    })
    if (facts.length === 0) await settleMismatches(client, context, session)
    await raise(client, context, box, await keepEvidence(context, box, facts, client))
    return facts
  })
}

async function takeContradiction(
  context: Context,
  session: Session,
  { contradiction }: Extract<Checked, { status: 'contradicts' }>,
  given: Given,
): Promise<Fact[]> {
  const { kind, reason, expected, found } = contradiction
  const fact = factAt(session.origin.origin, kind, null, expected, found)
  const facts = [{ ...fact, key: `${fact.key}|${reason}` }]
  await inSession(context, session, async (client) => {
    const nothing = { counts: null, pcrs: null, pcrsSha256: null }
    await insertAttestation(client, session.box, {
      ...stored(context, given),
      ...nothing,
      outcome: 'mismatch',
    })
    await raise(
      client,
      context,
      session.box,
      await keepEvidence(context, session.box, facts, client),
    )
  })
  return facts
}

function stored(context: Context, { platform, message, evidence }: Given) {
  return {
    attestationId: context.randomness.uuid(),
    atMs: context.clock.nowMs(),
    keyName: platform.key.keyName,
    eventLog: message.eventLog.state,
    evidence,
  } satisfies Partial<StoredAttestation>
}

/** A machine whose firmware has a log doesn't lose it. */
function logVanished(origin: string, hadLog: boolean, { eventLog }: Attestation): Fact[] {
  if (!hadLog || eventLog.state === 'given') return []
  const found = `an event log that is ${eventLog.state}`
  const expected = 'an event log, as before'
  const fact = factAt(origin, 'attestation-mismatch', null, expected, found)
  return [{ ...fact, key: `${fact.key}|log` }]
}

async function settleMismatches(client: Client, context: Context, { box }: Session): Promise<void> {
  for (const { findingId } of await openFindings(client, box, ['attestation-mismatch']))
    await settle(client, context, box, findingId, 'what the TPM attests is expected again')
}
