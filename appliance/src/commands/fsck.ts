import {
  formatTime,
  Pace,
  Progress,
  readSettings,
  systemClock,
  systemRandomness,
} from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool, type Database } from '@probant/postgres'
import { join } from 'node:path'
import { KEY_LABELS, keyOf } from '../box.ts'
import { isOfJournal } from '../integrity/journal-recomputation.ts'
import { Position } from '../integrity/position.ts'
import { recompute, type Recomputation } from '../integrity/recomputation.ts'
import { readWitnessedHead } from '../journal/remembered-heads.ts'
import { readSigningKeys } from '../journal/signing-keys.ts'
import { CopyFolder } from '../recovery/copies.ts'
import { inspectRecovery, type RecoveryInspection } from '../recovery/inspection.ts'
import { ApplianceSettings } from '../settings.ts'
import { VaultCiphers } from '../store/vault-ciphers.ts'
import { ObjectFiles } from '../store/files.ts'
import { newestCheckpoint, readState } from '../store/journal.ts'

export interface FsckOptions {
  readonly settings: string
  readonly json?: boolean
  /** MiB read in a second at most. */
  readonly rate?: number
  /** Begins anew, whatever an interrupted pass left. */
  readonly restart?: boolean
}

/**
 * Recomputes everything the box keeps from stored bytes, beside the running service or without it. Changes nothing but a file of its own,
 * which says how far it got: a pass that was interrupted is gone on with.
 * @param signal interrupts it; what was done is kept
 * @returns 0 when all is as it was written, 1 on any difference, 3 when it was interrupted
 */
export async function fsck(options: FsckOptions, signal: AbortSignal): Promise<0 | 1 | 3> {
  const settings = await readSettings(ApplianceSettings, options.settings)
  const { owner, service, ...place } = settings.database
  const database = createPool({ ...place, ...service, max: 2, connectTimeoutMs: 5000 })
  const keys = await openProvider(settings.keys)
  const progress = new Progress(join(settings.home, 'fsck.progress'), Position, systemClock, signal)
  try {
    const journalKey = await keys.publicKey(await keyOf(keys, KEY_LABELS.journal))
    const state = await readState(database)
    const origin = state?.origin ?? settings.origin
    if (options.restart === true) await progress.forget()
    const left = await progress.read()
    const from =
      left !== undefined && (await isOfJournal(database, nodeCrypto, origin, left.journal))
        ? left
        : undefined
    const covered = await coveredSize(database, state?.size ?? 0)
    const begun = from?.begun ?? formatTime(systemClock.nowMs())
    const result = await recompute(
      {
        database,
        crypto: nodeCrypto,
        files: new ObjectFiles(settings.home),
        ciphers: new VaultCiphers(keys, database, settings.boxId, systemRandomness),
        origin,
        journalKeys: await readSigningKeys(database, nodeCrypto, origin, journalKey),
      },
      // What the box ever had witnessed, or counts itself, must still be there, whatever the newest checkpoint says.
      Math.max(covered, state?.size ?? 0, (await readWitnessedHead(settings.home))?.size ?? 0),
      {
        begun,
        pace: new Pace(systemClock, options.rate, signal),
        from,
        reached: (position) => progress.reached(position),
      },
    )
    const recovery = await inspectRecovery(database, nodeCrypto, new CopyFolder(settings.home))
    const whole = {
      ...result,
      recovery,
      begun,
      wasInterrupted: from !== undefined,
      intact: result.intact && recovery.findings.length === 0,
    }
    await progress.forget()
    process.stdout.write(
      options.json === true ? `${JSON.stringify(whole)}\n` : `${report(whole).join('\n')}\n`,
    )
    return whole.intact ? 0 : 1
  } catch (error) {
    if (!signal.aborted) throw error
    process.stderr.write(interrupted(await progress.keepLatest()))
    return 3
  } finally {
    await keys.close()
    await database.close()
  }
}

function interrupted(at: Position | undefined): string {
  const far =
    at === undefined
      ? 'Interrupted before anything was recomputed.'
      : `Interrupted after ${at.journal.checkpoints} checkpoints and ${at.store?.objects ?? 0} objects; the same command goes on from there.`
  return `${far}\n`
}

/** Size of the newest checkpoint; on a running box it may follow the traces by a moment. */
async function coveredSize(database: Database, committed: number): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    const size = (await newestCheckpoint(database))?.size ?? 0
    if (size >= committed || tries === 30) return size
    await systemClock.sleep(100)
  }
}

interface Report extends Recomputation {
  readonly recovery: RecoveryInspection
  readonly begun: string
  readonly wasInterrupted: boolean
}

function report({ journal, store, recovery, begun, wasInterrupted, intact }: Report): string[] {
  const inJournal = journal.findings.map(
    ({ kind, seq, expected, found }) =>
      `${kind}${seq === null ? '' : ` at trace ${seq}`}: expected ${expected}, found ${found}`,
  )
  const inStore = store.findings.map(
    ({ kind, object, seq, what }) => `${kind}: object ${object} (trace ${seq}): ${what}`,
  )
  const inCopies = recovery.findings.map(({ kind, epoch, what }) =>
    epoch === null ? `${kind}: ${what}` : `${kind}: epoch ${epoch}: ${what}`,
  )
  return [
    ...(wasInterrupted
      ? [`begun        ${begun}, interrupted since; what was read then was not read again`]
      : []),
    `traces       ${journal.traces} recomputed: chain, SHA-256 and SHA3-256 trees, seals`,
    `checkpoints  ${journal.checkpoints} recomputed, with their signatures`,
    `tokens       ${journal.tokens} of authorities outside compared with the journal, and verified as of their time; ${journal.renewals} renewals of them`,
    `objects      ${store.objects} recomputed: file, digests, archive proof, deposit trace, metadata`,
    ...inJournal,
    recovery.recoveryKey === null
      ? `recovery     no key ceremony was held; vaults that depend on this machine’s keys alone: ${recovery.vaults}`
      : `recovery     copies for ${recovery.vaults} vaults compared with the recovery key ${recovery.recoveryKey} and the journal`,
    ...inStore,
    ...inCopies,
    intact
      ? 'All is as it was written.'
      : `${inJournal.length + inStore.length + inCopies.length} differences.`,
  ]
}
