import { X509Certificate } from 'node:crypto'
import {
  activateCredential,
  attestationKey,
  endorsementCertificate,
  endorsementKey,
  hashBytes,
  protect,
  quote,
  readPcrs,
  Tpm,
  Tpm2Error,
  type Credential,
  type EndorsementKind,
  type Use,
} from '@probant/tpm2-tss-bindings'
import { toBase64, toHex } from '@probant/evidence'
import type { Attestation } from '@probant/shipping'
import { AgentError, messageOf } from '../errors.ts'
import type { AttestationSettings } from '../settings.ts'
import { KERNEL_EVENT_LOG, readEventLog } from './event-log.ts'

/** What a box shows of its TPM to be enrolled. */
export interface PlatformIdentity {
  /** The maker's certificate, DER. */
  endorsementCertificate: Uint8Array
  /** TPMT_PUBLIC of the attestation key. */
  attestationKey: Uint8Array
}

/** Tried in this order. */
const KINDS: readonly EndorsementKind[] = ['rsa-2048', 'ec-p256']
/** Registers are read once more when one was extended between reading and quoting. */
const READINGS = 5
const BANK = 'sha256'

/** This machine's TPM, as far as it vouches for the machine: its attestation key is derived anew each time and kept nowhere. */
export class Platform {
  readonly #tpm: Tpm
  readonly #eventLog: string

  constructor({ tcti, eventLog }: AttestationSettings) {
    this.#tpm = new Tpm({ tcti })
    this.#eventLog = eventLog ?? KERNEL_EVENT_LOG
  }

  /** @throws AgentError `tpm`, also where the TPM came without a certificate */
  async identity(): Promise<PlatformIdentity> {
    return this.#use(async (use) => ({
      endorsementCertificate: (await certified(use)).certificate,
      attestationKey: (await attestationKey(use)).publicArea,
    }))
  }

  /** Reads the secret that was made for this TPM and its attestation key. @throws AgentError `tpm` */
  async activate(credential: Credential): Promise<Uint8Array> {
    return this.#use(async (use) => {
      const { kind } = await certified(use)
      const endorsement = await endorsementKey(use, kind)
      // the secret must not be read on the way from the TPM
      await protect(use, endorsement)
      return activateCredential(use, await attestationKey(use), endorsement, credential)
    })
  }

  /**
   * What the TPM states of the machine now, with the registers' values and the firmware's log.
   * @param nonce the centre's, 32 bytes
   * @throws AgentError `tpm`
   */
  async attest(nonce: Uint8Array, pcrs: readonly number[]): Promise<Attestation> {
    const eventLog = await readEventLog(this.#eventLog)
    return this.#use(async (use) => {
      const selection = { bank: BANK, indices: pcrs } as const
      const key = await attestationKey(use)
      for (let reading = 1; ; reading++) {
        const before = await readPcrs(use, selection)
        const { statement, signature } = await quote(use, key, selection, nonce)
        const after = await readPcrs(use, selection)
        const isStable = before.every((value, at) => toHex(value) === toHex(after[at] ?? value))
        if (!isStable && reading < READINGS) continue
        return {
          attestationKey: toBase64(key.publicArea),
          statement: toBase64(statement),
          signature: toBase64(signature),
          values: after.map((value) => toHex(value.subarray(0, hashBytes[BANK]))),
          eventLog,
        }
      }
    })
  }

  close(): Promise<void> {
    return this.#tpm.close()
  }

  async #use<T>(work: (use: Use) => Promise<T>): Promise<T> {
    try {
      return await this.#tpm.use(work)
    } catch (error) {
      if (!(error instanceof Tpm2Error)) throw error
      throw new AgentError('tpm', `the TPM: ${messageOf(error)}`, error)
    }
  }
}

/** The first endorsement key that the maker certified. */
async function certified(use: Use): Promise<{ kind: EndorsementKind; certificate: Uint8Array }> {
  for (const kind of KINDS) {
    try {
      const stored = await endorsementCertificate(use, kind)
      // some makers fill the index up with bytes that are no certificate's
      return { kind, certificate: new Uint8Array(new X509Certificate(stored).raw) }
    } catch (error) {
      if (!(error instanceof Tpm2Error) || error.code !== 'not-found') throw error
    }
  }
  throw new AgentError('tpm', "this TPM has no maker's certificate for its endorsement key")
}
