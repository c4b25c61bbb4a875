import { formatVkey, toHex } from '@probant/evidence'
import { changeByOperator } from '../alerts/operator-change.ts'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { factAt } from '../findings/fact.ts'
import { keepEvidence } from '../findings/evidence.ts'
import { raise } from '../findings/raise.ts'
import { isAgentKey, replaceAgentKey } from '../store/boxes.ts'
import { openOrigin, replaceJournalKey, type Origin } from '../store/origins.ts'
import type { Operator } from '../store/operators.ts'
import type { BoxKey } from '../store/rows.ts'
import { checkAgentKey, journalKeyOf } from './enrol.ts'

/** What a box's recovery on new hardware printed. */
export interface HardwareChange {
  origin: string
  /** vkey of type 0x02, named like the origin. */
  journalKey: string
  /** SSH public key blob of the agent on the new hardware. */
  agentKey: Uint8Array
  /** Traces under the last checkpoint that the former hardware signed. */
  after: number
}

/**
 * Follows a box under other keys from now on: durable, with finding and entry in the alert journal, when this resolves. The same change
 * again changes nothing. The former key's signatures count up to `after`; a box that lost what was witnessed after it isn't whole,
 * and is not let on by this.
 * @throws SupervisorError `enrolment` when something contradicts itself or what is known of the box
 */
export async function changeHardware(
  context: Context,
  box: BoxKey,
  operator: Operator,
  change: HardwareChange,
): Promise<void> {
  const key = journalKeyOf(context, change)
  checkAgentKey(change.agentKey)
  const known = await openOrigin(context.database, box)
  if (known?.origin !== change.origin)
    throw wrong(`the box writes ${known?.origin ?? 'no journal'}`)
  const sha256 = (bytes: Uint8Array) => toHex(context.crypto.hash('sha256', bytes))
  const fact = factAt(
    change.origin,
    'hardware-change-declared',
    change.after,
    `the journal key ${sha256(known.journalKey.publicKey)}`,
    `the journal key ${sha256(key.publicKey)}`,
  )
  const [kept] = await keepEvidence(context, box, [
    { ...fact, key: `${fact.key}|${change.journalKey}` },
  ])
  await changeByOperator(context, operator, async (client) => {
    const origin = await openOrigin(client, box)
    if (origin === undefined) throw wrong('no journal of this box is followed')
    const held = vkeyOf(context, origin)
    if (held === change.journalKey && (await isAgentKey(client, box, change.agentKey)))
      return undefined
    const atMs = context.clock.nowMs()
    const { journalKey, after: untilSize } = change
    if (!(await replaceJournalKey(client, origin, held, { journalKey, untilSize, atMs })))
      throw wrong(
        `${Math.max(origin.witnessed?.size ?? 0, origin.audited?.size ?? 0)} traces were witnessed under the former key, and the new hardware goes on after ${untilSize}: what it was restored from is not whole`,
      )
    await replaceAgentKey(client, box, change.agentKey, atMs)
    if (kept !== undefined) await raise(client, context, box, [kept])
    return {
      act: 'hardware-change-declared',
      data: {
        box: box.boxId,
        origin: change.origin,
        after: untilSize,
        journalKey: sha256(key.publicKey),
        agentKey: sha256(change.agentKey),
      },
    }
  })
}

function vkeyOf(context: Context, { journalKey }: Origin): string {
  const { name, type, publicKey } = journalKey
  return formatVkey(name, type, publicKey, context.crypto)
}

const wrong = (message: string) => new SupervisorError('enrolment', message)
