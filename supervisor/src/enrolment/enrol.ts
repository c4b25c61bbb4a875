import {
  emptyJournalState,
  equalBytes,
  EvidenceError,
  formatVkey,
  headLogOrigin,
  parseVkey,
  toHex,
  type VerifierKey,
} from '@probant/evidence'
import { isTimeZone } from '@probant/host'
import type { Client } from '@probant/postgres'
import ssh2 from 'ssh2'
import { append, type Act } from '../alerts/journal.ts'
import type { Context } from '../context.ts'
import { headSilenceMs, windowFrom, type Schedule } from '../deadlines/schedule.ts'
import { SupervisorError } from '../errors.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { keepEvidence } from '../findings/evidence.ts'
import { raise } from '../findings/raise.ts'
import {
  attestationKeyOf,
  boxOfAttestationKey,
  replaceAttestationKey,
  type AttestationKey,
} from '../store/attestation-keys.ts'
import { findBox, insertBox, isAgentKey } from '../store/boxes.ts'
import { insertOrigin, openOrigin } from '../store/origins.ts'
import { CENTRE, type BoxKey } from '../store/rows.ts'
import { putSchedule } from '../store/schedules.ts'

/** A box that is to be followed, as it presents itself. */
export interface Enrolment {
  tenantId: string
  boxId: string
  name: string
  origin: string
  /** vkey of type 0x02, named like the origin. */
  journalKey: string
  /** SSH public key blob of the agent. */
  agentKey: Uint8Array
  schedule: Schedule
  operatorId: string
  /** Proved to be in a trusted maker's TPM; absent for a box without one. */
  attestationKey?: AttestationKey
}

/**
 * Begins to follow a box: durable, with its entry in the alert journal, when this resolves. The same enrolment again changes
 * nothing.
 * @throws SupervisorError `enrolment` when something contradicts itself or what is enrolled
 */
export async function enrol(context: Context, enrolment: Enrolment): Promise<void> {
  checkEnrolment(context, enrolment)
  await context.database.transaction((client) => enrolWithin(client, context, enrolment), {
    attempts: 3,
  })
  context.wake()
}

/** What an enrolment says by itself. @throws SupervisorError `enrolment` */
export function checkEnrolment(
  context: Context,
  enrolment: Pick<Enrolment, 'boxId' | 'origin' | 'journalKey' | 'agentKey' | 'schedule'>,
): void {
  journalKeyOf(context, enrolment)
  checkAgentKey(enrolment.agentKey)
  checkSchedule(enrolment.schedule)
  if (enrolment.origin === headLogOrigin(context.settings.centreName))
    throw wrong('this origin is the one of the centre’s own log')
  if (enrolment.boxId === CENTRE) throw wrong('this identifier means the centre itself')
}

/** As {@link enrol}, last in the caller's transaction: it holds the alert journal. @param before entries that go before its own */
export async function enrolWithin(
  client: Client,
  context: Context,
  enrolment: Enrolment,
  before: readonly Act[] = [],
): Promise<void> {
  const { tenantId, boxId, operatorId, attestationKey } = enrolment
  const sha256 = (bytes: Uint8Array) => toHex(context.crypto.hash('sha256', bytes))
  const existing = await findBox(client, boxId)
  if (existing !== undefined) {
    if (!(await isSame(client, context, existing, enrolment)))
      throw wrong(`the box ${boxId} is enrolled with another origin or other keys`)
    if (attestationKey === undefined) {
      if (before.length > 0) await append(client, context, tenantId, before)
      return
    }
    const former = await attestationKeyOf(client, existing)
    await putAttestationKey(client, context, existing, attestationKey)
    if (former !== undefined && !equalBytes(former.keyName, attestationKey.keyName)) {
      const fact = anotherTpm(
        context,
        enrolment,
        sha256(former.publicArea),
        sha256(attestationKey.publicArea),
      )
      await raise(client, context, existing, await keepEvidence(context, existing, [fact], client))
    }
    const data = { box: boxId, attestationKey: sha256(attestationKey.publicArea) }
    const act: Act = { act: 'attestation-key-replaced', outcome: 'done', data, operatorId }
    await append(client, context, tenantId, [act])
    return
  }
  await insert(client, context, enrolment)
  if (attestationKey !== undefined)
    await putAttestationKey(client, context, enrolment, attestationKey)
  const data = {
    box: boxId,
    origin: enrolment.origin,
    journalKey: sha256(journalKeyOf(context, enrolment).publicKey),
    agentKey: sha256(enrolment.agentKey),
    ...(attestationKey === undefined ? {} : { attestationKey: sha256(attestationKey.publicArea) }),
  }
  await append(client, context, tenantId, [
    ...before,
    { act: 'enrolled', outcome: 'done', data, operatorId },
  ])
}

/** Declared by the operator who gave out the code; each time anew, should a former TPM come back. */
function anotherTpm({ clock }: Context, { origin }: Enrolment, former: string, now: string): Fact {
  const expected = `the attestation key ${former}`
  const found = `the attestation key ${now}`
  const fact = factAt(origin, 'hardware-change-declared', null, expected, found)
  return { ...fact, key: `${fact.key}|${now}|${clock.nowMs()}` }
}

/** The same key again counts from now on: what its TPM counted before it was cleared is history. @throws SupervisorError `enrolment` */
async function putAttestationKey(
  client: Client,
  context: Context,
  box: BoxKey,
  key: AttestationKey,
): Promise<void> {
  const holder = await boxOfAttestationKey(client, box.tenantId, key.keyName)
  if (holder !== undefined && holder !== box.boxId)
    throw wrong(`this TPM is the one of the box ${holder}`)
  await replaceAttestationKey(client, box, key, context.clock.nowMs())
}

async function insert(client: Client, context: Context, enrolment: Enrolment): Promise<void> {
  const { origin, journalKey, schedule } = enrolment
  const atMs = context.clock.nowMs()
  await insertBox(client, enrolment, atMs)
  const state = emptyJournalState(context.crypto, origin)
  await insertOrigin(client, enrolment, { origin, journalKey, state, atMs })
  await putSchedule(client, {
    tenantId: enrolment.tenantId,
    boxId: enrolment.boxId,
    schedule,
    window: windowFrom(schedule, atMs),
    headDueAtMs: firstHeadDue(schedule, atMs),
  })
}

/** When the first head is overdue; null where none are expected. */
export function firstHeadDue({ headsEverySeconds }: Schedule, atMs: number): number | null {
  return headsEverySeconds === null ? null : atMs + headSilenceMs(headsEverySeconds)
}

async function isSame(
  client: Client,
  context: Context,
  box: BoxKey,
  { tenantId, origin, journalKey, agentKey }: Enrolment,
): Promise<boolean> {
  const open = await openOrigin(client, box)
  if (box.tenantId !== tenantId || open?.origin !== origin) return false
  const { name, type, publicKey } = open.journalKey
  const known = formatVkey(name, type, publicKey, context.crypto)
  return known === journalKey && (await isAgentKey(client, box, agentKey))
}

export function journalKeyOf(
  context: Context,
  { journalKey, origin }: Pick<Enrolment, 'journalKey' | 'origin'>,
): VerifierKey {
  let key: VerifierKey
  try {
    key = parseVkey(journalKey, context.crypto)
  } catch (error) {
    if (error instanceof EvidenceError) throw wrong(`journalKey: ${error.message}`)
    throw error
  }
  if (key.type !== 2 || key.name !== origin)
    throw wrong('journalKey must be a verifier key of type 2 named like the origin')
  return key
}

export function checkAgentKey(blob: Uint8Array): void {
  const key = ssh2.utils.parseKey(Buffer.from(blob))
  if (key instanceof Error || key.isPrivateKey())
    throw wrong('agentKey must be an SSH public key blob')
}

/** @throws SupervisorError `enrolment` */
export function checkSchedule({ timeZone }: Schedule): void {
  if (!isTimeZone(timeZone)) throw wrong(`there is no time zone ${timeZone}`)
}

function wrong(message: string): SupervisorError {
  return new SupervisorError('enrolment', message)
}
