import type { EvidenceCrypto } from '@probant/evidence'
import { BoxError } from '../errors.ts'
import type { Queryable } from '../store/journal.ts'
import { countVaults } from '../store/vaults.ts'
import { checkCopies, type CopyFinding, type CopyFolder } from './copies.ts'
import { readDeclaredKey } from './declared-key.ts'

/** How far the box can be recovered by its holders. */
export interface RecoveryInspection {
  /** Hex of the declared key's id; null before a ceremony. */
  readonly recoveryKey: string | null
  readonly threshold: number | null
  readonly shares: number | null
  readonly vaults: number
  readonly findings: readonly {
    readonly kind: CopyFinding['kind'] | 'recovery-key-altered'
    readonly epoch: number | null
    readonly what: string
  }[]
}

/** Compares what is stored for recovery with what the journal declares. Changes nothing. */
export async function inspectRecovery(
  client: Queryable,
  crypto: EvidenceCrypto,
  folder: CopyFolder,
): Promise<RecoveryInspection> {
  const none = { recoveryKey: null, threshold: null, shares: null }
  const vaults = await countVaults(client)
  try {
    const key = await readDeclaredKey(client)
    if (key === undefined) return { ...none, vaults, findings: [] }
    const { id, threshold, shares } = key
    const findings = await checkCopies(client, crypto, folder, id)
    return { recoveryKey: id, threshold, shares, vaults, findings }
  } catch (error) {
    if (!(error instanceof BoxError) || error.code !== 'recovery-key-altered') throw error
    const finding = { kind: error.code, epoch: null, what: error.message }
    return { ...none, vaults, findings: [finding] }
  }
}
