import { createHash } from 'node:crypto'
import { systemRandomness } from '@probant/host'
import type { JsonValue } from '@probant/evidence'
import { form, type Staff } from '../world.ts'

/** A deposit that was sent under an idempotency key of its own. */
export interface Sent {
  readonly key: string
  readonly sha256: string
  readonly sizeBytes: number
}

/** A deposit that was answered by 201. */
export interface Acknowledged extends Sent {
  readonly id: string
  readonly receipt: JsonValue
}

/** A deposit of which nobody knows whether it was kept: the line broke, or the service said to come back. */
export interface Unanswered extends Sent {
  readonly content: Uint8Array<ArrayBuffer>
}

/** What came of all that was sent. */
export interface Answers {
  readonly acknowledged: Acknowledged[]
  readonly unanswered: Unanswered[]
  /** Answers that no healthy service gives. */
  readonly unexpected: string[]
}

/** A seeded choice of sizes: most of one chunk, some of several, few of many. */
function sizeBytes(random: () => number): number {
  const kind = random()
  const upTo = kind < 0.6 ? 2000 : kind < 0.95 ? 150_000 : 400_000
  return 1 + Math.floor(random() * upTo)
}

export function fresh(random: () => number): Unanswered {
  const content = Uint8Array.from(systemRandomness.bytes(sizeBytes(random)))
  return {
    key: systemRandomness.uuid(),
    sha256: createHash('sha256').update(content).digest('hex'),
    sizeBytes: content.length,
    content,
  }
}

/** Sends one deposit and sorts the answer. @returns false when the service is gone */
export async function send(
  port: number,
  { vault, token }: Pick<Staff, 'vault' | 'token'>,
  deposit: Unanswered,
  answers: Answers,
): Promise<boolean> {
  let answer: Response
  let text: string
  try {
    answer = await fetch(`http://127.0.0.1:${port}/api/v1/vaults/${vault}/objects`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': deposit.key },
      body: form(deposit.content, `${deposit.key}.bin`),
    })
    text = await answer.text()
  } catch {
    answers.unanswered.push(deposit)
    return false
  }
  const { content: _, ...sent } = deposit
  if (answer.status === 201) {
    const { id, receipt } = JSON.parse(text) as { id: string; receipt: JsonValue }
    answers.acknowledged.push({ ...sent, id, receipt })
  } else {
    answers.unanswered.push(deposit)
    answers.unexpected.push(`${answer.status} ${text}`)
  }
  return true
}

/** `clients` depositors, each sending one deposit after the other until the service is gone. */
export async function depositUntilGone(
  port: number,
  staff: Staff,
  clients: number,
  random: () => number,
  answers: Answers,
): Promise<void> {
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (await send(port, staff, fresh(random), answers));
    }),
  )
}
