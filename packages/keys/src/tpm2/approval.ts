import { createPublicKey, sign, type KeyObject } from 'node:crypto'
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '@probant/evidence'
import {
  afterPolicyAuthorize,
  afterPolicyNv,
  afterPolicyPcr,
  counterOperand,
  externalVerificationKey,
  nameOf,
  NO_POLICY,
} from '@probant/tpm2-tss-bindings'
import { KeyError } from '../errors.ts'
import { member } from './key-blob.ts'

/** Follows what is approved in every signature, so that it can't be taken for another. */
export const APPROVAL_REFERENCE: Uint8Array = utf8('probant/tpm2-state/v1')

/** The state of a machine as its TPM tells it: what the holder of the policy key judges. */
export interface MachineState {
  /** SHA-256 bank: index of the PCR, rising, and its value. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>
  /** The NV counter that holds the lowest version that may still be approved: its Name (part 1, section 16) and value. */
  readonly counterName: Uint8Array
  readonly counter: bigint
}

/** A state in which keys may be used while the TPM's counter isn't above `version`. */
export interface Approval {
  readonly version: bigint
  readonly pcrs: ReadonlyMap<number, Uint8Array>
  readonly counterName: Uint8Array
  /** r ‖ s by the policy key, over `approvedDigest ‖ APPROVAL_REFERENCE`. */
  readonly signature: Uint8Array
}

/** The digest that a policy session has after PolicyNV and PolicyPCR in that state. */
export function approvedDigest({ version, pcrs, counterName }: Omit<Approval, 'signature'>) {
  const recent = afterPolicyNv(NO_POLICY, counterName, 'at-most', counterOperand(version))
  return afterPolicyPcr(recent, { bank: 'sha256', indices: [...pcrs.keys()] }, [...pcrs.values()])
}

/** The policy that keys are made under: whatever the policy key approves, now or later. @param spki of the policy key, P-256, DER */
export function signedPolicy(spki: Uint8Array): Uint8Array {
  return afterPolicyAuthorize(nameOf(externalVerificationKey(spki)), APPROVAL_REFERENCE)
}

/** Signs a state; needs no TPM, so that the policy key can stay offline. @throws KeyError `wrong-kind` unless the key is EC P-256 */
export function approve(state: MachineState, version: bigint, policyKey: KeyObject): Approval {
  if (policyKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new KeyError('wrong-kind', "the policy key isn't an EC key on P-256")
  }
  const { pcrs, counterName } = state
  const approved = { version, pcrs, counterName }
  const message = Buffer.concat([approvedDigest(approved), APPROVAL_REFERENCE])
  const signature = sign('sha256', message, { key: policyKey, dsaEncoding: 'ieee-p1363' })
  return { ...approved, signature: Uint8Array.from(signature) }
}

/** SPKI, DER, of a policy key's public part. @throws KeyError `wrong-kind` unless it is EC P-256 */
export function policyKeyOf(pem: Uint8Array): Uint8Array {
  const key = createPublicKey(Buffer.from(pem))
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new KeyError('wrong-kind', "the policy key isn't an EC key on P-256")
  }
  return Uint8Array.from(key.export({ type: 'spki', format: 'der' }))
}

/** JSON, docs/formats.md section 11. */
export function formatState(state: MachineState): string {
  const { counter } = state
  return text({ format: 1, kind: 'tpm2-state', ...shared(state), counter: counter.toString() })
}

export function formatApproval(approval: Approval): string {
  const { version, signature } = approval
  return text({
    format: 1,
    kind: 'tpm2-approval',
    ...shared(approval),
    version: version.toString(),
    signature: toBase64(signature),
  })
}

/** @throws KeyError `unreadable-key` */
export function parseState(bytes: Uint8Array): MachineState {
  return parsed(bytes, 'tpm2-state', (file) => ({
    ...sharedOf(file),
    counter: number(file, 'counter'),
  }))
}

/** @throws KeyError `unreadable-key` */
export function parseApproval(bytes: Uint8Array): Approval {
  return parsed(bytes, 'tpm2-approval', (file) => ({
    ...sharedOf(file),
    version: number(file, 'version'),
    signature: fromBase64(string(file, 'signature')),
  }))
}

type Shared = Pick<Approval, 'pcrs' | 'counterName'>

function shared({ pcrs, counterName }: Shared) {
  const values = [...pcrs].map(([index, value]): [string, string] => [`${index}`, toHex(value)])
  return { bank: 'sha256', pcrs: Object.fromEntries(values), counterName: toHex(counterName) }
}

function sharedOf(file: unknown): Shared {
  const pcrs = Object.entries(member(file, 'pcrs') ?? {}).map(
    ([index, value]): [number, Uint8Array] => [Number(index), fromHex(String(value))],
  )
  const inRange = ([index, value]: [number, Uint8Array]) =>
    Number.isInteger(index) && index >= 0 && index < 24 && value.length === 32
  if (member(file, 'bank') !== 'sha256' || pcrs.length === 0 || !pcrs.every(inRange)) {
    throw new KeyError('unreadable-key', 'its PCRs are none of the SHA-256 bank')
  }
  const rising = pcrs.toSorted(([a], [b]) => a - b)
  return { pcrs: new Map(rising), counterName: fromHex(string(file, 'counterName')) }
}

function parsed<T>(bytes: Uint8Array, kind: string, read: (file: unknown) => T): T {
  try {
    const file: unknown = JSON.parse(fromUtf8(bytes))
    if (member(file, 'format') === 1 && member(file, 'kind') === kind) return read(file)
  } catch (cause) {
    throw new KeyError('unreadable-key', `a file that should be a ${kind} is damaged`, { cause })
  }
  throw new KeyError('unreadable-key', `a file that should be a ${kind} is something else`)
}

function string(file: unknown, name: string): string {
  const value = member(file, name)
  if (typeof value !== 'string') throw new KeyError('unreadable-key', `it lacks ${name}`)
  return value
}

function number(file: unknown, name: string): bigint {
  const value = string(file, name)
  if (!/^(0|[1-9][0-9]{0,18})$/.test(value)) {
    throw new KeyError('unreadable-key', `its ${name} is no number`)
  }
  return BigInt(value)
}

function text(file: unknown): string {
  return `${JSON.stringify(file, undefined, 2)}\n`
}
