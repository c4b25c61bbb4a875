import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { recomputation } from '../appliance/appliance.ts'
import { callLocal } from '../http/local-call.ts'
import { AgentError, messageOf } from '../errors.ts'

const size = Type.Integer({ minimum: 0 })
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const finding = Type.Object({
  kind: Type.String(),
  seq: orNull(size),
  expected: Type.String(),
  found: Type.String(),
})

/** What `POST /ship` answers, as far as the terminal shows it. */
const shipment = Type.Object({
  shippedTo: size,
  receiptSize: orNull(size),
  segments: size,
  traces: size,
  recomputation: orNull(recomputation),
  findings: Type.Array(finding),
})

/** What `GET /status` answers, as far as the terminal shows it. */
const status = Type.Object({
  boxId: Type.String(),
  origin: Type.String(),
  centre: orNull(Type.String()),
  databaseSize: size,
  checkpointSize: orNull(size),
  witnessed: orNull(Type.Object({ size, at: Type.String() })),
  receipt: orNull(Type.Object({ size, at: Type.String() })),
  centreLog: orNull(Type.Object({ size })),
  nextHead: orNull(Type.String()),
  nextShipment: orNull(Type.String()),
  nightsWithoutReceipt: size,
  findings: Type.Array(finding),
})

/** What `POST /receipts` answers. */
const taken = Type.Object({ receiptSize: size })

/** What `GET /centre-log` answers. */
const centreLog = Type.Object({ note: orNull(Type.String()) })

/** What `POST /centre-log-comparisons` answers. */
const comparison = Type.Object({
  result: Type.Enum(['consistent', 'split-view', 'not-shown']),
  own: Type.String(),
  other: Type.String(),
  findings: Type.Array(finding),
})

const heldTo = Type.Object({ witnessed: orNull(size), audited: orNull(size), log: orNull(size) })

/** What `POST /accepted-centre-restores` answers. */
const acceptedRestore = Type.Object({ former: heldTo, now: heldTo })

const problem = Type.Object({ detail: Type.String() })

export type AnsweredFinding = Static<typeof finding>
export type AnsweredShipment = Static<typeof shipment>
export type AnsweredStatus = Static<typeof status>
export type AnsweredComparison = Static<typeof comparison>
export type AnsweredRestore = Static<typeof acceptedRestore>

/** An answer as it came, for `--json`, and understood. */
export interface Answer<T> {
  text: string
  body: T
}

/** A shipment may take hours after weeks without a network. */
const SHIPPING_MS = 24 * 3_600_000
const STATUS_MS = 30_000
const COMPARISON_MS = 120_000

/** Has the running agent ship now. @throws AgentError `centre-unreachable`, or `unusable-file` where what was asked makes no sense, with the agent's reason */
export function askToShip(controlSocket: string): Promise<Answer<AnsweredShipment>> {
  return ask(controlSocket, 'POST', '/ship', SHIPPING_MS, shipment)
}

/** Gives the running agent an audit receipt that came back by file. @throws AgentError as {@link askToShip} */
export function askToTakeReceipt(
  controlSocket: string,
  note: string,
): Promise<Answer<Static<typeof taken>>> {
  return ask(controlSocket, 'POST', '/receipts', STATUS_MS, taken, note)
}

/** @throws AgentError `centre-unreachable` when no agent answers */
export function askForStatus(controlSocket: string): Promise<Answer<AnsweredStatus>> {
  return ask(controlSocket, 'GET', '/status', STATUS_MS, status)
}

/** The newest checkpoint of the centre's log that this box saw. @throws AgentError as {@link askToShip} */
export function askForCentreLog(controlSocket: string): Promise<Answer<Static<typeof centreLog>>> {
  return ask(controlSocket, 'GET', '/centre-log', STATUS_MS, centreLog)
}

/** @param note a checkpoint that another client was shown @throws AgentError as {@link askToShip} */
export function askToCompare(
  controlSocket: string,
  note: string,
): Promise<Answer<AnsweredComparison>> {
  return ask(controlSocket, 'POST', '/centre-log-comparisons', COMPARISON_MS, comparison, note)
}

/** @throws AgentError as {@link askToShip} */
export function askToAcceptRestore(
  controlSocket: string,
  reason: string,
): Promise<Answer<AnsweredRestore>> {
  const call = '/accepted-centre-restores'
  return ask(controlSocket, 'POST', call, COMPARISON_MS, acceptedRestore, reason)
}

async function ask<S extends Type.TSchema>(
  controlSocket: string,
  method: 'GET' | 'POST',
  path: string,
  timeoutMs: number,
  schema: S,
  body?: string,
): Promise<Answer<Static<S>>> {
  const answer = await callLocal(
    controlSocket,
    method,
    path,
    body,
    AbortSignal.timeout(timeoutMs),
  ).catch((error: unknown) => {
    throw new AgentError('centre-unreachable', `no agent answers: ${messageOf(error)}`, error)
  })
  const text = answer.text.trim()
  const value: unknown = JSON.parse(text)
  if (answer.status === 200 && Value.Check(schema, value)) return { text, body: value }
  const reason = Value.Check(problem, value) ? value.detail : `it answered ${answer.status}`
  throw new AgentError(answer.status === 409 ? 'unusable-file' : 'centre-unreachable', reason)
}
