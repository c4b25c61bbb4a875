import { readSettings, systemClock, systemRandomness } from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool, type Database } from '@probant/postgres'
import { KEY_LABELS, keyOf } from '../box.ts'
import { recompute, type Recomputation } from '../integrity/recomputation.ts'
import { readWitnessedHead } from '../journal/remembered-heads.ts'
import { readSigningKeys } from '../journal/signing-keys.ts'
import { CopyFolder } from '../recovery/copies.ts'
import { inspectRecovery, type RecoveryInspection } from '../recovery/inspection.ts'
import { ApplianceSettings } from '../settings.ts'
import { VaultCiphers } from '../store/vault-ciphers.ts'
import { ObjectFiles } from '../store/files.ts'
import { newestCheckpoint, readState } from '../store/journal.ts'

/**
 * Recomputes everything the box keeps from stored bytes, beside the running service or without it. Changes nothing.
 * @returns 0 when all is as it was written, 1 on any difference
 */
export async function fsck(options: { settings: string; json?: boolean }): Promise<0 | 1> {
  const settings = await readSettings(ApplianceSettings, options.settings)
  const { owner, service, ...place } = settings.database
  const database = createPool({ ...place, ...service, max: 2, connectTimeoutMs: 5000 })
  const keys = await openProvider(settings.keys)
  try {
    const journalKey = await keys.publicKey(await keyOf(keys, KEY_LABELS.journal))
    const state = await readState(database)
    const origin = state?.origin ?? settings.origin
    const covered = await coveredSize(database, state?.size ?? 0)
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
    )
    const recovery = await inspectRecovery(database, nodeCrypto, new CopyFolder(settings.home))
    const whole = {
      ...result,
      recovery,
      intact: result.intact && recovery.findings.length === 0,
    }
    process.stdout.write(
      options.json === true ? `${JSON.stringify(whole)}\n` : `${report(whole).join('\n')}\n`,
    )
    return whole.intact ? 0 : 1
  } finally {
    await keys.close()
    await database.close()
  }
}

/** Size of the newest checkpoint; on a running box it may follow the traces by a moment. */
async function coveredSize(database: Database, committed: number): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    const size = (await newestCheckpoint(database))?.size ?? 0
    if (size >= committed || tries === 30) return size
    await systemClock.sleep(100)
  }
}

function report({
  journal,
  store,
  recovery,
  intact,
}: Recomputation & { recovery: RecoveryInspection }): string[] {
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
    `traces       ${journal.traces} recomputed: chain, SHA-256 and SHA3-256 trees, seals`,
    `checkpoints  ${journal.checkpoints} recomputed, with their signatures`,
    `tokens       ${journal.tokens} of authorities outside compared with the journal, and verified as of their time`,
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
