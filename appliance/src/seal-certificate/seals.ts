import {
  equalBytes,
  toHex,
  type AuthorityCertificate,
  type EvidenceCrypto,
} from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import type { KeyProvider, KeyRef } from '@probant/keys'
import type { Database } from '@probant/postgres'
import type { BatchSeal } from '../deposit/lat-batch.ts'
import { BoxError } from '../errors.ts'
import { within } from '../journal/patience.ts'
import { sealRows, type ImportedSeal, type SealRow } from '../store/seal-certificates.ts'
import { algorithmOf } from '../timestamping/signature-algorithms.ts'
import { judgeStored, type SealCertificate } from './certificate.ts'
import { knownCertificate, namesIn, type KnownCertificate, type SealNames } from './names.ts'
import { SealTemplate } from './signature.ts'

/** As long as the other signatures of a deposit may take. */
const SIGNATURE_LIMIT_MS = 20_000

export interface SealContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly log: Logger
  readonly keys: KeyProvider
  /** Whether deposits are refused while no certificate is in force. */
  readonly isRequired: boolean
}

/** A certificate that was imported and is what it was then. */
export interface UsableSeal extends SealCertificate, SealSigner {
  readonly imported: ImportedSeal
}

/** What makes seals of one certificate. */
export interface SealSigner {
  readonly key: KeyRef
  readonly certificate: AuthorityCertificate
  readonly template: SealTemplate
}

export const templateOf = ({ certificate, chain }: SealCertificate, key: KeyRef): SealTemplate =>
  new SealTemplate(
    certificate.der,
    chain.map((each) => each.der),
    algorithmOf(key.kind).identifier,
  )

/** Where the box stands with its seal certificates. */
export interface SealStanding {
  readonly isRequired: boolean
  readonly inForce: UsableSeal | undefined
  /** Until when certificates without a gap are there: of the one in force and those prepared; of the last one when that is over. */
  readonly covered: UsableSeal | undefined
}

/** The client's seal certificates, as they are used. What is read from the database is checked before it is. */
export class Seals {
  readonly #context: SealContext
  /** Every certificate that ever was, in use or not. */
  #known: readonly KnownCertificate[] = []
  #usable: readonly UsableSeal[] = []
  #unusable: ReadonlyMap<string, string> = new Map()

  private constructor(context: SealContext) {
    this.#context = context
  }

  static async open(context: SealContext): Promise<Seals> {
    const seals = new Seals(context)
    await seals.reload()
    return seals
  }

  /** Whom a seal of this box names. */
  namesIn(cms: Uint8Array): SealNames {
    return namesIn(cms, this.#known)
  }

  /** Takes over what the database holds: from the next batch on it counts. */
  async reload(): Promise<void> {
    const usable: UsableSeal[] = []
    const unusable = new Map<string, string>()
    const rows = await sealRows(this.#context.database)
    this.#known = rows.flatMap(({ imported }) => knownCertificate(imported?.chain[0]))
    for (const row of rows) {
      const found = await this.#judge(row)
      if (typeof found === 'string') {
        unusable.set(row.keyLabel, found)
        this.#context.log.error({ key: row.keyLabel, found }, 'a seal certificate can not be used')
      } else if (found !== undefined) usable.push(found)
    }
    this.#usable = usable.toSorted((a, b) => b.imported.importedAtMs - a.imported.importedAtMs)
    this.#unusable = unusable
  }

  /** Key labels of certificates that can't be used although they were imported, and why. */
  get faults(): ReadonlyMap<string, string> {
    return this.#unusable
  }

  standing(): SealStanding {
    const { clock, isRequired } = this.#context
    const inForce = this.#inForce(clock.nowMs())
    return { isRequired, inForce, covered: this.#covered(inForce, clock.nowMs()) }
  }

  /**
   * The seal of a batch whose deposits begin to be proved now; undefined when there is none and none is required.
   * @throws BoxError `seal-missing` (retryable) when one is required
   */
  begin(): BatchSeal | undefined {
    const seal = this.#inForce(this.#context.clock.nowMs())
    if (seal === undefined) {
      this.#goOnWithout()
      return undefined
    }
    return async (content) => {
      const nowMs = this.#context.clock.nowMs()
      // The token before was dated after `begin`: within the certificate's time as well, when both ends are.
      if (nowMs <= seal.notAfterMs) return this.sign(seal, content, nowMs)
      this.#goOnWithout()
      return undefined
    }
  }

  /**
   * One seal, verified before it leaves.
   * @throws BoxError `signer-failed` (retryable)
   */
  async sign(
    { key, certificate, template }: SealSigner,
    content: Uint8Array,
    nowMs: number,
  ): Promise<Uint8Array> {
    const unsigned = template.prepare(content, nowMs)
    const message = unsigned.toBeSigned
    const signature = await this.#signature(key, message)
    const { crypto } = this.#context
    const { name } = algorithmOf(key.kind)
    const answer = await crypto.verify(name, certificate.publicKey, message, signature)
    if (answer !== 'valid')
      throw new BoxError('signer-failed', 'retryable', `the key ${key.label} signed wrongly`)
    return unsigned.finish(signature)
  }

  async #signature(key: KeyRef, message: Uint8Array): Promise<Uint8Array> {
    const { keys, clock } = this.#context
    const what = `a signature by ${key.label}`
    return within(clock, SIGNATURE_LIMIT_MS, what, keys.sign(key, message)).catch(
      (cause: unknown) => {
        const why = `the seal's key ${key.label} does not sign`
        throw new BoxError('signer-failed', 'retryable', why, { cause })
      },
    )
  }

  #goOnWithout(): void {
    if (this.#context.isRequired)
      throw new BoxError('seal-missing', 'retryable', 'no seal certificate is in force')
  }

  /** The one imported last among those in force: a renewal takes over at once. */
  #inForce(atMs: number): UsableSeal | undefined {
    return this.#usable.find((each) => each.notBeforeMs <= atMs && atMs <= each.notAfterMs)
  }

  #covered(inForce: UsableSeal | undefined, nowMs: number): UsableSeal | undefined {
    const after = (end: number) =>
      this.#usable.find((each) => each.notBeforeMs <= end && each.notAfterMs > end)
    if (inForce === undefined) {
      const over = this.#usable.filter((each) => each.notAfterMs < nowMs)
      return over.toSorted((a, b) => b.notAfterMs - a.notAfterMs)[0]
    }
    let last = inForce
    for (let next = after(last.notAfterMs); next !== undefined; next = after(last.notAfterMs))
      last = next
    return last
  }

  /** Undefined where nothing is to be used; a sentence where something is wrong. */
  async #judge({ keyLabel, imported }: SealRow): Promise<UsableSeal | string | undefined> {
    if (imported === undefined || imported.withdrawnAtMs !== undefined) return undefined
    const { keys, crypto } = this.#context
    const judged = await judgeStored(crypto, imported.chain, imported.root)
    if (judged.status === 'refused') return judged.why
    const ref = await keys.find(keyLabel)
    if (ref === undefined) return `the key store holds no key ${keyLabel}`
    const { certificate } = judged.seal
    const isItsKey = equalBytes(await keys.publicKey(ref), certificate.publicKey)
    return isItsKey
      ? { ...judged.seal, key: ref, template: templateOf(judged.seal, ref), imported }
      : `it is not for the key ${keyLabel}`
  }
}

/** Hex SHA-256 of a certificate: how the journal names it. */
export const certificateDigest = (crypto: EvidenceCrypto, der: Uint8Array): string =>
  toHex(crypto.hash('sha256', der))
