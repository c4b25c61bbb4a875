import { parseTrace, toHex, type EvidenceCrypto, type JsonObject } from '@probant/evidence'
import { KeyError, nodeCrypto, recoveryKeyIdOf } from '@probant/keys'
import type { Queryable } from '../store/journal.ts'
import { newestKeyTrace } from '../store/recovery-keys.ts'
import { allVaults, type Vault } from '../store/vaults.ts'

/** What is wrong with a vault's recovery copy. */
export interface CopyFinding {
  readonly kind: 'no-recovery-copy' | 'recovery-copy-of-another-key' | 'recovery-copy-altered'
  readonly vault: string
  readonly what: string
}

/** Data of the traces that say to which key a vault's key was enclosed, and to which bytes. */
export function copyData(copy: Uint8Array): JsonObject {
  return {
    recoveryKey: toHex(recoveryKeyIdOf(copy)),
    copySha256: toHex(nodeCrypto.hash('sha256', copy)),
  }
}

/** Hex of the id of the recovery key that a vault's copy is for; null when it has none, undefined when its copy isn't one. */
export function copiedTo({ recoveryCopy }: Pick<Vault, 'recoveryCopy'>): string | null | undefined {
  if (recoveryCopy === null) return null
  try {
    return toHex(recoveryKeyIdOf(recoveryCopy))
  } catch (error) {
    if (error instanceof KeyError) return undefined
    throw error
  }
}

/**
 * Compares every vault's copy with the key that holds and with the trace that made it. Whether a copy opens only the holders can
 * tell; that it is the one the box made, the journal tells.
 * @param keyId hex of the declared key's id
 */
export async function checkCopies(
  client: Queryable,
  crypto: EvidenceCrypto,
  keyId: string,
): Promise<{ vaults: number; findings: CopyFinding[] }> {
  const findings: CopyFinding[] = []
  let vaults = 0
  for await (const vault of allVaults(client)) {
    vaults += 1
    const finding = await checkCopy(client, crypto, keyId, vault)
    if (finding !== undefined) findings.push({ ...finding, vault: vault.id })
  }
  return { vaults, findings }
}

async function checkCopy(
  client: Queryable,
  crypto: EvidenceCrypto,
  keyId: string,
  vault: Vault,
): Promise<Omit<CopyFinding, 'vault'> | undefined> {
  const to = copiedTo(vault)
  if (to === null)
    return { kind: 'no-recovery-copy', what: 'its key can’t be recovered by the holders' }
  if (to === undefined)
    return { kind: 'recovery-copy-altered', what: 'the stored bytes are no recovery copy' }
  if (to !== keyId)
    return { kind: 'recovery-copy-of-another-key', what: `it is for the recovery key ${to}` }
  const trace = await newestKeyTrace(client, vault.id)
  const made = trace === undefined ? undefined : parseTrace(trace).data['copySha256']
  if (vault.recoveryCopy !== null && made === toHex(crypto.hash('sha256', vault.recoveryCopy)))
    return undefined
  return { kind: 'recovery-copy-altered', what: 'it is not the copy that the journal names' }
}
