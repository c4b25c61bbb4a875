import {
  commit,
  formatTrace,
  JournalVerifier,
  sealData,
  toHex,
  utf8,
  type CheckpointReference,
  type Commitment,
  type JournalState,
  type JsonObject,
  type Outcome,
} from '@probant/evidence'
import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import {
  holdAlertJournal,
  insertOpening,
  storeAlertTraces,
  type AlertJournal,
} from '../store/alert-journal.ts'

/** Acts of the alert journal (formats.md section 14). */
export type AlertAct =
  | 'log-opened'
  | 'enrolment-code-issued'
  | 'enrolment-code-revoked'
  | 'enrolment-refused'
  | 'enrolment-fingerprint-confirmed'
  | 'enrolled'
  | 'witnessed-origin-added'
  | 'attestation-key-replaced'
  | 'reference-values-imported'
  | 'attestation-approved'
  | 'operator-added'
  | 'hardware-change-declared'
  | 'timestamp-relayed'
  | 'finding-raised'
  | 'alert-opened'
  | 'notification-attempted'
  | 'notification-delivered'
  | 'notification-failed'
  | 'alert-acknowledged'
  | 'alert-resolved'
  | 'contact-added'
  | 'contact-verification-asked'
  | 'contact-verified'
  | 'contact-removed'
  | 'alert-test-confirmed'
  | 'schedule-changed'
  | 'maintenance-announced'
  | 'maintenance-cancelled'
  | 'seal'

/** Something to journal. Persons enter only as commitments. */
export interface Act {
  act: AlertAct
  outcome: Outcome
  data: JsonObject
  /** The operator who did it; null for the centre itself. */
  operatorId?: string
  /** Whom it was sent to. */
  address?: { contactId: string; address: string }
}

/** What the appender needs of the context, so that initialisation can append before a centre runs. */
export type Journalling = Pick<Context, 'crypto' | 'clock' | 'randomness'>

/**
 * Appends acts in the caller's transaction, which must do nothing after it that waits for other rows: the head row is the
 * sequencer and is held to the end.
 */
export async function append(
  client: Client,
  context: Journalling,
  tenantId: string,
  acts: readonly Act[],
): Promise<void> {
  if (acts.length === 0) return
  const journal = await hold(client, tenantId)
  const traces: { seq: number; bytes: Uint8Array }[] = []
  let { state } = journal
  for (const act of acts) {
    const seq = state.size
    const committed = await commitPersons(client, context, tenantId, seq, act)
    const bytes = traceBytes(context, state, act, committed)
    traces.push({ seq, bytes })
    state = follow(context, state, bytes)
  }
  const atMs = context.clock.nowMs()
  await storeAlertTraces(
    client,
    { ...journal, state, unsealedSinceMs: journal.unsealedSinceMs ?? atMs },
    traces,
  )
}

/**
 * Closes all traces before it with a seal (formats.md section 8), if that is still needed once the journal is held: another front
 * end may have sealed it meanwhile.
 */
export async function appendSeal(
  client: Client,
  context: Journalling,
  tenantId: string,
  previousCheckpoint: CheckpointReference | null,
  isNeeded: (journal: AlertJournal) => boolean,
): Promise<void> {
  const journal = await hold(client, tenantId)
  if (!isNeeded(journal)) return
  const data = sealData(journal.state.sha3, {
    previousCheckpoint,
    lastToken: null,
    cosignatures: [],
  })
  const seal: Act = { act: 'seal', outcome: 'done', data: { ...data } }
  const bytes = traceBytes(context, journal.state, seal, { actor: null, address: null })
  await storeAlertTraces(
    client,
    {
      ...journal,
      state: follow(context, journal.state, bytes),
      unsealedSinceMs: null,
      sealedAtMs: context.clock.nowMs(),
    },
    [{ seq: journal.state.size, bytes }],
  )
}

async function hold(client: Client, tenantId: string): Promise<AlertJournal> {
  const journal = await holdAlertJournal(client, tenantId)
  if (journal === undefined)
    throw new SupervisorError('not-initialised', 'there is no alert journal')
  return journal
}

interface Committed {
  actor: Commitment | null
  address: Commitment | null
}

async function commitPersons(
  client: Client,
  context: Journalling,
  tenantId: string,
  seq: number,
  { operatorId, address }: Act,
): Promise<Committed> {
  const commitTo = async (
    field: string,
    person: { contactId: string | null; operatorId: string | null },
    text: string,
  ) => {
    const salt = context.randomness.bytes(32)
    const value = utf8(text)
    await insertOpening(client, tenantId, { seq, field, ...person, salt, value })
    return commit(context.crypto, field, salt, value)
  }
  return {
    actor:
      operatorId === undefined
        ? null
        : await commitTo('actor', { contactId: null, operatorId }, operatorId),
    address:
      address === undefined
        ? null
        : await commitTo(
            'address',
            { contactId: address.contactId, operatorId: null },
            address.address,
          ),
  }
}

function traceBytes(
  context: Journalling,
  state: JournalState,
  { act, outcome, data }: Act,
  { actor, address }: Committed,
): Uint8Array {
  return formatTrace({
    format: 1,
    origin: state.origin,
    seq: state.size,
    time: formatTime(context.clock.nowMs()),
    monotonicMs: Math.floor(context.clock.monotonicMs()),
    boot: context.clock.bootId(),
    act,
    outcome,
    vault: null,
    object: null,
    objectCommitment: null,
    actor,
    data: address === null ? data : { ...data, address },
    prev: toHex(state.prev),
  })
}

/** The state after a trace of our own. A clock set back is a fact that the journal shows; it must not stop alerts. */
function follow(context: Journalling, state: JournalState, bytes: Uint8Array): JournalState {
  const verifier = new JournalVerifier(context.crypto, state)
  const findings = [...verifier.append(bytes), ...verifier.finish()]
  const wrong = findings.find(({ kind }) => kind !== 'clock-regression' && kind !== 'missing-seal')
  if (wrong !== undefined)
    throw new Error(`the alert journal would not verify: ${wrong.kind}, ${wrong.found}`)
  return verifier.state
}
