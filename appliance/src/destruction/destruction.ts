import type { JsonObject } from '@probant/evidence'
import { formatTime, type Logger } from '@probant/host'
import type { Client } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import type { RecordedAct } from '../journal/act.ts'
import type { Journal } from '../journal/journal.ts'
import type { EpochSchedule } from '../rotation/context.ts'
import { lastCopyExpires } from '../rotation/standing.ts'
import { eraseObject, isHeld } from '../store/destruction.ts'
import type { ObjectFiles } from '../store/files.ts'
import type { StoredObject } from '../store/objects.ts'
import type { VaultCiphers } from '../store/vault-ciphers.ts'
import type { Vault } from '../store/vaults.ts'
import { obstacleTo, type Allowance, type ObstacleContext } from './obstacles.ts'

export interface DestructionContext extends ObstacleContext {
  readonly journal: Journal
  readonly ciphers: VaultCiphers
  readonly files: ObjectFiles
  readonly log: Logger
  readonly keyEpochs: EpochSchedule
}

/** Who wants an object destroyed, and why. */
export interface DestructionOrder {
  readonly vault: Vault
  readonly object: StoredObject
  readonly actorId: string
  /** A person's words: the trace commits to them. */
  readonly grounds: string
  readonly by: 'request' | 'restitution' | 'emptying'
  /** What else belongs to it, in the same transaction. */
  readonly apply?: (client: Client) => Promise<void>
}

/**
 * Destroys an object: its key and everything that tells of its content are erased in the transaction of the trace that says so, then its
 * files are removed. Cut off in between, the next start removes them, as files that no row names. From when this resolves nobody reads it.
 * @throws BoxError `under-retention`, `under-hold` (refused, journalled); `destroyed` when somebody else was faster;
 * `integrity-failure`, `journal-busy`, `journal-stopped`
 */
export async function destroy(
  context: DestructionContext,
  order: DestructionOrder,
): Promise<RecordedAct> {
  const { journal, files, log } = context
  const { vault, object, actorId, grounds } = order
  const allowed = await refuseUnlessAllowed(context, order, 'destroy')
  const recorded = await journal.record({
    act: 'destroy',
    outcome: 'done',
    vault: vault.id,
    object: object.id,
    actorId,
    hidden: { grounds },
    data: await destructionData(context, order, allowed),
    apply: async (client, { seq }) => {
      if (await isHeld(client, vault.id, object.id))
        throw new BoxError('journal-busy', 'retryable', 'a hold was placed in the same moment')
      if (!(await eraseObject(client, object.id, seq)))
        throw new BoxError('destroyed', 'caller', 'it was destroyed in the same moment')
      await order.apply?.(client)
    },
  })
  // What can't be removed now is removed at the next start: without its key it is nobody's document.
  await files.discard(object.id).catch((err: unknown) => {
    log.error({ err, object: object.id }, 'the file of a destroyed object could not be removed yet')
  })
  return recorded
}

/** @throws BoxError `under-retention`, `under-hold`, journalled as a refused `act` */
export async function refuseUnlessAllowed(
  context: DestructionContext,
  { vault, object, actorId, by }: DestructionOrder,
  act: string,
): Promise<Allowance> {
  const cipher = await context.ciphers.of(vault)
  const found = await obstacleTo(context, cipher, object)
  if (!('reason' in found)) return found
  const { reason, words, extra } = found
  await context.journal.record({
    act,
    outcome: 'refused',
    vault: vault.id,
    object: object.id,
    actorId,
    data: { reason, by, ...('until' in extra ? { until: extra.until ?? null } : {}) },
  })
  throw new BoxError(reason, 'caller', words.en, { words, extra })
}

async function destructionData(
  { database, keyEpochs }: DestructionContext,
  { by }: DestructionOrder,
  { retention, trusted }: Allowance,
): Promise<JsonObject> {
  const last = await lastCopyExpires(database, keyEpochs)
  return {
    by,
    lastCopyEpoch: last?.epoch ?? null,
    lastCopyExpires: last === undefined ? null : formatTime(last.expiresMs),
    retention: retention?.class ?? null,
    trustedTime:
      trusted === undefined
        ? null
        : {
            atLeast: formatTime(trusted.atLeastMs),
            by: trusted.by,
            elapsedBy: trusted.elapsedBy,
          },
  }
}
