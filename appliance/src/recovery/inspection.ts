import type { EvidenceCrypto } from '@probant/evidence'
import { BoxError } from '../errors.ts'
import type { Queryable } from '../store/journal.ts'
import { countVaults } from '../store/vaults.ts'
import { checkCopies, type CopyFinding } from './copies.ts'
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
    readonly vault: string | null
    readonly what: string
  }[]
}

/** Compares what is stored for recovery with what the journal declares. Changes nothing. */
export async function inspectRecovery(
  client: Queryable,
  crypto: EvidenceCrypto,
): Promise<RecoveryInspection> {
  const none = { recoveryKey: null, threshold: null, shares: null }
  try {
    const key = await readDeclaredKey(client)
    if (key === undefined) return { ...none, vaults: await countVaults(client), findings: [] }
    const { id, threshold, shares } = key
    return { recoveryKey: id, threshold, shares, ...(await checkCopies(client, crypto, id)) }
  } catch (error) {
    if (!(error instanceof BoxError) || error.code !== 'recovery-key-altered') throw error
    const finding = { kind: error.code, vault: null, what: error.message }
    return { ...none, vaults: await countVaults(client), findings: [finding] }
  }
}
