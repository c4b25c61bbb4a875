import { timingSafeEqual } from 'node:crypto'
import { utf8 } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import { append, type Act } from '../alerts/journal.ts'
import { changeByOperator } from '../alerts/operator-change.ts'
import type { Context } from '../context.ts'
import type { Schedule } from '../deadlines/schedule.ts'
import { SupervisorError } from '../errors.ts'
import { CENTRE } from '../store/rows.ts'
import {
  countRefusal,
  holdEnrolmentCode,
  insertEnrolmentCode,
  isByTpm,
  revokeEnrolmentCode,
  type StoredEnrolmentCode,
} from '../store/enrolment-codes.ts'
import type { Operator } from '../store/operators.ts'
import { checkSchedule } from './enrol.ts'

/** Without 0, 1, 8, B, I, O: people read codes to each other. Thirty letters, nearly five bits each. */
const LETTERS = '2345679ACDEFGHJKLMNPQRSTUVWXYZ'
const ID_LETTERS = 8
const LETTERS_IN_ALL = 28
const GROUP = 4
/** A code that was refused so often is dead. */
const MOST_REFUSALS = 5

/** What an operator allows to be enrolled. */
export interface Invitation {
  boxId: string
  name: string
  schedule: Schedule
  validMs: number
}

/**
 * Gives out a code by which one box may be enrolled once: durable and journalled when this resolves. It leaves here alone.
 * @throws SupervisorError `enrolment` for a schedule or box that can't be
 */
export async function issueEnrolmentCode(
  context: Context,
  operator: Operator,
  { boxId, name, schedule, validMs }: Invitation,
): Promise<{ code: string; expiresAtMs: number }> {
  checkSchedule(schedule)
  if (boxId === CENTRE)
    throw new SupervisorError('enrolment', 'this identifier means the centre itself')
  const { tenantId, operatorId } = operator
  const code = newCode(context)
  const codeId = code.slice(0, ID_LETTERS)
  const atMs = context.clock.nowMs()
  const expiresAtMs = atMs + validMs
  const codeSha256 = digestOf(context, code)
  await changeByOperator(context, operator, async (client) => {
    const stored = { tenantId, codeId, codeSha256, boxId, name, schedule, expiresAtMs }
    await insertEnrolmentCode(client, { ...stored, issuedBy: operatorId }, atMs)
    return { act: 'enrolment-code-issued', data: { box: boxId, code: codeId } }
  })
  return { code: grouped(code), expiresAtMs }
}

/**
 * Does what a code allows, in one transaction that holds the code. A refusal is counted and journalled, whatever its reason.
 * @throws SupervisorError `enrolment-code` where the code can't be used; `enrolment` as `work` throws it
 */
export async function withEnrolmentCode<T>(
  context: Context,
  given: string,
  work: (client: Client, code: StoredEnrolmentCode) => Promise<T>,
): Promise<T> {
  const plain = given.toUpperCase().replaceAll(/[^0-9A-Z]/g, '')
  const codeId = plain.slice(0, ID_LETTERS)
  try {
    return await context.database.transaction(
      async (client) => {
        const code = await holdEnrolmentCode(client, codeId)
        const reason = whyNot(context, code, plain)
        if (code === undefined || reason !== undefined)
          throw new SupervisorError('enrolment-code', `the code is ${reason ?? 'unknown'}`)
        return await work(client, code)
      },
      { attempts: 3 },
    )
  } catch (error) {
    const isRefusal =
      error instanceof SupervisorError &&
      (error.code === 'enrolment' || error.code === 'enrolment-code')
    if (isRefusal) await noteRefusal(context, codeId, error.message)
    throw error
  }
}

function whyNot(
  context: Context,
  code: StoredEnrolmentCode | undefined,
  plain: string,
): string | undefined {
  if (code === undefined || !timingSafeEqual(code.codeSha256, digestOf(context, plain)))
    return 'unknown'
  const state = stateOf(context, code)
  return state === 'open' || state === 'presented' ? undefined : REASONS[state]
}

/** `presented`: a box without a TPM showed its keys with it, and its words are to be confirmed. */
export type CodeState = 'open' | 'presented' | 'used' | 'revoked' | 'dead' | 'expired'

const REASONS: Readonly<Record<Exclude<CodeState, 'open' | 'presented'>, string>> = {
  used: 'used already',
  revoked: 'revoked',
  dead: 'dead: it was refused too often',
  expired: 'expired',
}

export function stateOf(context: Context, code: StoredEnrolmentCode): CodeState {
  if (code.usedAtMs !== null) return 'used'
  if (code.revokedAtMs !== null) return 'revoked'
  if (code.refusals >= MOST_REFUSALS) return 'dead'
  if (context.clock.nowMs() >= code.expiresAtMs) return 'expired'
  return code.pending === null || isByTpm(code.pending.request) ? 'open' : 'presented'
}

/**
 * Takes a code back: durable and journalled when this resolves.
 * @returns false when there is none that could still be used
 */
export async function revokeCode(
  context: Context,
  operator: Operator,
  codeId: string,
): Promise<boolean> {
  const { tenantId } = operator
  return changeByOperator(context, operator, async (client) => {
    const code = await holdEnrolmentCode(client, codeId)
    if (code?.tenantId !== tenantId) return undefined
    if (!(await revokeEnrolmentCode(client, code, context.clock.nowMs()))) return undefined
    return { act: 'enrolment-code-revoked', data: { box: code.boxId, code: codeId } }
  })
}

/** Counted and journalled until the code is dead; guesses of codes that nobody gave out are only limited. */
async function noteRefusal(context: Context, codeId: string, reason: string): Promise<void> {
  context.logger.warn({ reason }, 'an enrolment was refused')
  await context.database.transaction(
    async (client) => {
      const code = await holdEnrolmentCode(client, codeId)
      if (code === undefined || code.refusals >= MOST_REFUSALS) return
      await countRefusal(client, code)
      const data = { box: code.boxId, code: codeId, reason }
      const act: Act = { act: 'enrolment-refused', outcome: 'refused', data }
      await append(client, context, code.tenantId, [act])
    },
    { attempts: 3 },
  )
  context.wake()
}

function newCode({ randomness }: Context): string {
  let code = ''
  while (code.length < LETTERS_IN_ALL)
    // bytes beyond the largest multiple would favour the first letters
    for (const byte of randomness.bytes(LETTERS_IN_ALL))
      if (byte < 240 && code.length < LETTERS_IN_ALL) code += LETTERS[byte % LETTERS.length] ?? ''
  return code
}

function grouped(code: string): string {
  return (code.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-')
}

function digestOf({ crypto }: Context, plain: string): Uint8Array {
  return crypto.hash('sha256', utf8(plain))
}
