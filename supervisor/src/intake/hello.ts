import { formatTime, parseTime } from '@probant/host'
import {
  MAX_CHALLENGED_SEGMENTS,
  PROTOCOL_VERSION,
  type Challenge,
  type Hello,
  type Welcome,
} from '@probant/shipping'
import { toHex } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import { registersAskedFor } from '../attestation/registers.ts'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { keepEvidence } from '../findings/evidence.ts'
import { raise, settle } from '../findings/raise.ts'
import { attestationKeyOf } from '../store/attestation-keys.ts'
import { beginSession } from '../store/boxes.ts'
import { openFindings } from '../store/findings.ts'
import { openOrigin, setChallenge, type Origin } from '../store/origins.ts'
import type { BoxKey } from '../store/rows.ts'
import { segmentBounds } from '../store/segments.ts'
import { selectOrdinals } from './selection.ts'
import type { Platform, Session } from './session.ts'

/** Kinds that are over as soon as a session begins without them. */
const passing = [
  { kind: 'clock-skew', settled: 'the clock is right again' },
  { kind: 'journalling-stopped', settled: 'the box journals again' },
  { kind: 'deposits-stopped', settled: 'the box takes deposits again' },
] as const

/** NTP keeps clocks within a second; a message takes a few more. */
const TOLERATED_SKEW_MS = 120_000

export type Greeting =
  { accepted: true; session: Session; welcome: Welcome } | { accepted: false; reason: string }

/** Begins a session: who it is, what is known of it, what it has to show again. */
export async function greet(context: Context, box: BoxKey, hello: Hello): Promise<Greeting> {
  const atMs = context.clock.nowMs()
  const clockSkewMs = parseTime(hello.boxTime) - atMs
  const begun = await context.database.transaction(async (client) => {
    const epoch = await beginSession(client, box, { atMs, clockSkewMs })
    const origin = await openOrigin(client, box)
    if (origin?.origin !== hello.origin) return { epoch, origin, challenge: null }
    return { epoch, origin, challenge: await challengeFor(client, context, origin) }
  })
  const { epoch, origin, challenge } = begun
  if (origin === undefined) return { accepted: false, reason: 'no journal of this box is followed' }
  // a box that agrees with what this clock was before it was set is not the one that is wrong
  const isOurs = Math.abs(clockSkewMs + context.clockSetMs()) <= TOLERATED_SKEW_MS
  const facts = factsOf(origin, hello, isOurs ? 0 : clockSkewMs, atMs)
  await raiseAndSettle(context, box, facts)
  if (challenge === null) return { accepted: false, reason: 'not the journal that is followed' }
  const platform = await platformOf(context, box, hello)
  const witnessedSize = origin.witnessed?.size ?? 0
  return {
    accepted: true,
    session: {
      box,
      epoch,
      origin: { ...origin, challenge },
      databaseSize: hello.databaseSize,
      sizeToShip: witnessedSize,
      answered: new Set(),
      platform,
      hasShipped: false,
      isWhole: false,
    },
    welcome: {
      protocol: PROTOCOL_VERSION,
      centreTime: formatTime(atMs),
      witnessed: origin.witnessed && { size: witnessedSize, note: origin.witnessed.note },
      audited: origin.audited && { size: origin.audited.size, note: origin.audited.note },
      challenge,
      ...(platform?.request ? { attestation: platform.request } : {}),
    },
  }
}

/** What the box's TPM has to state in this session: a nonce is used for one quote. */
async function platformOf(context: Context, box: BoxKey, hello: Hello): Promise<Platform | null> {
  const key = await attestationKeyOf(context.database, box)
  if (key === undefined) return null
  const pcrs = registersAskedFor(context)
  const nonce = toHex(context.randomness.bytes(32))
  const request = hello.attestation === undefined ? null : { nonce, pcrs: [...pcrs] }
  return { key, request, state: 'awaited' }
}

/**
 * What the box has to ship again: the same until it did, so that it can't ask until only segments that it can still show are
 * chosen; then drawn anew.
 */
async function challengeFor(client: Client, context: Context, origin: Origin): Promise<Challenge> {
  if (origin.challenge !== null) return origin.challenge
  const nonce = context.randomness.bytes(32)
  const ordinals = selectOrdinals(
    context.crypto,
    nonce,
    origin.segmentCount,
    MAX_CHALLENGED_SEGMENTS,
  )
  const challenge = {
    nonce: toHex(nonce),
    segments: await segmentBounds(client, origin, ordinals),
  }
  if (challenge.segments.length > 0) await setChallenge(client, origin, challenge)
  return challenge
}

function factsOf(origin: Origin, hello: Hello, clockSkewMs: number, atMs: number): Fact[] {
  const facts: Fact[] = []
  if (hello.origin !== origin.origin) facts.push(otherOrigin(origin, hello))
  else facts.push(...shrunk(origin, hello))
  if (Math.abs(clockSkewMs) > TOLERATED_SKEW_MS) {
    const expected = `about ${formatTime(atMs)}`
    facts.push(
      factAt(origin.origin, 'clock-skew', null, expected, hello.boxTime, {
        skewSeconds: Math.round(clockSkewMs / 1000),
      }),
    )
  }
  facts.push(...stopped(origin, hello))
  return facts
}

/** The box's own word, which nobody else can give: acts that are not journalled, and deposits that are not taken, leave nothing to ship. */
function stopped({ origin }: Origin, hello: Hello): Fact[] {
  const { stoppedBecause: acts, depositsStoppedBecause: deposits } = hello
  return [
    ...(acts === undefined
      ? []
      : [factAt(origin, 'journalling-stopped', null, 'acts that are journalled', acts)]),
    ...(deposits === undefined
      ? []
      : [factAt(origin, 'deposits-stopped', null, 'deposits that can be proved', deposits)]),
  ]
}

/** Another incarnation of the same box is a restore that nobody declared; anything else isn't this box's journal. */
function otherOrigin(origin: Origin, hello: Hello): Fact {
  const name = (text: string) => text.replace(/\/[^/]*$/, '')
  const kind =
    name(hello.origin) === name(origin.origin) ? 'undeclared-restore' : ('wrong-box' as const)
  const fact = factAt(
    origin.origin,
    kind,
    null,
    `origin ${origin.origin}`,
    `origin ${hello.origin}`,
  )
  return { ...fact, key: `${fact.key}|${hello.origin}` }
}

/** The whole database counts less than it once did: it was put back as a whole. */
function shrunk(origin: Origin, hello: Hello): Fact[] {
  const known = Math.max(origin.witnessed?.size ?? 0, origin.state.size)
  if (hello.databaseSize >= known) return []
  return [rollback(origin, known, hello.databaseSize)]
}

/** A journal shorter than the centre saw it, in a database that counts no more either. */
export function rollback(origin: Origin, known: number, size: number): Fact {
  const fact = factAt(
    origin.origin,
    'rollback',
    size,
    `at least ${known} traces, as witnessed`,
    `${size} traces`,
    { witnessedSize: known, size },
  )
  return { ...fact, key: `${origin.origin}|rollback|${known}` }
}

async function raiseAndSettle(context: Context, box: BoxKey, facts: Fact[]): Promise<void> {
  const kept = await keepEvidence(context, box, facts)
  await context.database.transaction(
    async (client) => {
      for (const { kind, settled } of passing)
        if (!facts.some((fact) => fact.kind === kind))
          for (const { findingId } of await openFindings(client, box, [kind]))
            await settle(client, context, box, findingId, settled)
      await raise(client, context, box, kept)
    },
    { attempts: 3 },
  )
  if (facts.length > 0) context.wake()
}
