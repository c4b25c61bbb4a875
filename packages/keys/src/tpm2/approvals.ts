import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '@probant/evidence'
import {
  externalVerificationKey,
  loadExternal,
  nameOf,
  policyAuthorize,
  policyNv,
  policyPcr,
  counterOperand,
  readPcrs,
  signatureOf,
  startSession,
  Tpm2Error,
  verifySignature,
  type NvIndex,
  type Session,
  type Use,
} from '@probant/tpm2-tss-bindings'
import { KeyError } from '../errors.ts'
import {
  APPROVAL_REFERENCE,
  approvedDigest,
  parseApproval,
  policyKeyOf,
  type Approval,
} from './approval.ts'
import { minimumVersion } from './minimum-version.ts'

const KEY_FILE = 'key.pem'

/** What holds now: an approval that fits, and the counter that it is checked against. */
export interface Fitting {
  readonly approval: Approval
  readonly counter: NvIndex
}

/** The policy key's public part and what it approved, as files in one folder; read anew each time, so that an approval counts at once. */
export class Approvals {
  readonly folder: string
  /** The TPM's own proofs that it checked a signature; they hold over resets. */
  readonly #tickets = new Map<string, Uint8Array>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** SPKI, DER; undefined where keys are made under no policy. @throws KeyError `wrong-kind`, `unreadable-key` */
  async policyKey(): Promise<Uint8Array | undefined> {
    const path = join(this.folder, KEY_FILE)
    try {
      return policyKeyOf(await readFile(path))
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
      if (cause instanceof KeyError) throw cause
      throw new KeyError('unreadable-key', `${path} holds no public key`, { cause })
    }
  }

  /**
   * The approval of the highest version that the TPM's registers and counter fulfil now.
   * @throws KeyError `wrong-state` saying what differs and what to do
   */
  async fitting(use: Use): Promise<Fitting> {
    const { index, value } = await minimumVersion(use)
    const reasons: string[] = []
    for (const { name, approval } of await this.#all()) {
      const difference = await unlike(use, approval, index, value)
      if (difference === undefined) return { approval, counter: index }
      reasons.push(`${name} ${difference}`)
    }
    throw this.#refusal(reasons)
  }

  /** Brings a policy session to the digest that the keys were made under. @throws KeyError `wrong-state`; Tpm2Error */
  async fulfil(use: Use, session: Session, { approval, counter }: Fitting): Promise<void> {
    const spki = await this.policyKey()
    if (spki === undefined) throw this.#refusal([`there is no ${KEY_FILE}`])
    const area = externalVerificationKey(spki)
    try {
      const ticket = await this.#ticket(use, area, approval)
      await policyNv(use, session, counter, 'at-most', counterOperand(approval.version))
      const indices = [...approval.pcrs.keys()]
      await policyPcr(use, session, { bank: 'sha256', indices })
      const approved = { digest: approvedDigest(approval), reference: APPROVAL_REFERENCE }
      await policyAuthorize(use, session, approved, nameOf(area), ticket)
    } catch (cause) {
      if (!(cause instanceof Tpm2Error)) throw cause
      if (cause.code !== 'policy-failed' && cause.code !== 'invalid-signature') throw cause
      throw this.#refusal([cause.message], cause)
    }
  }

  /** A fresh policy session, for `fulfil`. */
  session(use: Use): Promise<Session> {
    return startSession(use, 'policy')
  }

  /** What a refused command says: one of these files approves something, but not under the key that the keys were made with. */
  foreignKey(cause: unknown): KeyError {
    return this.#refusal([`${KEY_FILE} isn't the policy key that the keys were made under`], cause)
  }

  async #ticket(use: Use, area: Uint8Array, approval: Approval): Promise<Uint8Array> {
    const known = this.#tickets.get(toHex(approval.signature))
    if (known !== undefined) return known
    const key = await loadExternal(use, area)
    const message = Buffer.concat([approvedDigest(approval), APPROVAL_REFERENCE])
    const { signature } = approval
    try {
      const ticket = await verifySignature(use, key, message, signatureOf(signature))
      this.#tickets.set(toHex(signature), ticket)
      return ticket
    } finally {
      await use.flush(key)
    }
  }

  async #all(): Promise<{ name: string; approval: Approval }[]> {
    const names = await readdir(this.folder).catch(() => [])
    const files = names.filter((name) => name.endsWith('.json')).sort()
    const all = await Promise.all(
      files.map(async (name) => {
        const approval = parseApproval(await readFile(join(this.folder, name)))
        return { name, approval }
      }),
    )
    return all.toSorted((a, b) => Number(b.approval.version - a.approval.version))
  }

  #refusal(reasons: readonly string[], cause?: unknown): KeyError {
    const why = reasons.length === 0 ? 'there is none' : reasons.join('; ')
    return new KeyError(
      'wrong-state',
      `The TPM gives these keys only in a state that the holder of the policy key approved, and none of the approvals in ${this.folder} ` +
        `fits this one (${why}). If this state is wanted (an update, new firmware), write it down with "probant box tpm-state", have it ` +
        'approved with "probant box tpm-approve", and put the approval into that folder. If nobody changed anything, the machine was ' +
        'booted with altered software: keep it off the network and find out.',
      { cause },
    )
  }
}

/** How the machine differs from what was approved; undefined when it doesn't. */
async function unlike(
  use: Use,
  approval: Approval,
  counter: NvIndex,
  minimum: bigint,
): Promise<string | undefined> {
  if (toHex(approval.counterName) !== toHex(counter.name)) return "is for another TPM's counter"
  if (approval.version < minimum) {
    return `is of version ${approval.version}, and the TPM asks for ${minimum} at least`
  }
  const indices = [...approval.pcrs.keys()]
  const values = await readPcrs(use, { bank: 'sha256', indices })
  const others = indices.filter(
    (index, at) =>
      toHex(values[at] ?? new Uint8Array()) !== toHex(approval.pcrs.get(index) ?? new Uint8Array()),
  )
  return others.length === 0 ? undefined : `has another value of PCR ${others.join(', ')}`
}
