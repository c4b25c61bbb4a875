import {
  formatLat,
  leafHash,
  sealBlock,
  signedBytes,
  toHex,
  treePaths,
  treeRoot,
  type EvidenceCrypto,
} from '@probant/evidence'
import { BoxError } from '../errors.ts'

/** Statements signed under one root at most: as many as may wait, so that no slowness of the signer bounds the deposits. */
const MAX_BATCH = 4096

/** The LAT key: message in, DER ECDSA P-256 signature over its SHA-256 out. */
export interface LatSigner {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Promise<Uint8Array>
}

/** Step 2's date. */
export interface ReceptionAuthority {
  /** Batches that may wait for their tokens at once. */
  readonly mostAtOnce: number
  /** Resolves as soon as the authority may be asked again; until then the next batch grows. */
  ready(): Promise<void>
  /** An RFC 3161 token over a SHA-256 imprint. */
  token(imprintSha256: Uint8Array): Promise<Uint8Array>
}

/** The client's seal over the same bytes as the LAT key's signature; undefined where the batch goes without. */
export type BatchSeal = (content: Uint8Array) => Promise<Uint8Array | undefined>

interface Waiting {
  readonly statement: Uint8Array
  resolve(lat: Uint8Array): void
  reject(error: unknown): void
}

/**
 * Steps 2 and 3 for many deposits at once: one Merkle tree over the statements that wait, one reception token over its root, one hardware
 * signature over both. While batches are signed the next one gathers, so a slow signer makes larger batches, not fewer deposits.
 */
export class LatBatches {
  readonly #crypto: EvidenceCrypto
  readonly #authority: ReceptionAuthority
  readonly #signer: LatSigner
  readonly #beginSeal: () => BatchSeal | undefined
  readonly #keyId: string
  #waiting: Waiting[] = []
  #running = false
  readonly #underWay = new Set<Promise<void>>()
  /** Told what a batch failed by, undefined where it was signed; not of a seal that is required and isn't there, which is no key's fault. */
  onOutcome: ((failure: unknown) => void) | undefined

  /** @param beginSeal called when a batch begins to be signed; throws where it must not go on without a seal */
  constructor(
    crypto: EvidenceCrypto,
    authority: ReceptionAuthority,
    signer: LatSigner,
    beginSeal: () => BatchSeal | undefined,
  ) {
    this.#beginSeal = beginSeal
    this.#crypto = crypto
    this.#authority = authority
    this.#signer = signer
    this.#keyId = toHex(crypto.hash('sha256', signer.publicKey))
  }

  /**
   * The LAT of a statement.
   * @throws BoxError `timestamp-failed`, `signer-failed` or `seal-missing` (retryable): nothing was kept.
   */
  async sign(statement: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statement, resolve, reject })
      if (!this.#running) void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#running = true
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) {
      while (this.#underWay.size >= this.#authority.mostAtOnce) await Promise.race(this.#underWay)
      await this.#authority.ready()
      const work = this.#answer(this.#waiting.splice(0, MAX_BATCH))
      this.#underWay.add(work)
      void work.finally(() => this.#underWay.delete(work))
    }
    this.#running = false
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    try {
      const lats = await this.#signBatch(batch.map((each) => each.statement))
      this.onOutcome?.(undefined)
      for (const [index, each] of batch.entries()) {
        const lat = lats[index]
        if (lat !== undefined) each.resolve(lat)
      }
    } catch (error) {
      if (!isMissingSeal(error)) this.onOutcome?.(error)
      for (const each of batch) each.reject(error)
    }
  }

  async #signBatch(statements: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const leaves = statements.map((statement) => leafHash(this.#crypto, statement))
    const root = treeRoot(this.#crypto, leaves)
    const seal = this.#beginSeal()
    const token = await this.#authority
      .token(this.#crypto.hash('sha256', root))
      .catch((error: unknown) => {
        throw new BoxError('timestamp-failed', 'retryable', 'no reception timestamp was given', {
          cause: error,
        })
      })
    const signed = signedBytes(root, this.#crypto.hash('sha256', token))
    const [value, cms] = await Promise.all([this.#signature(signed), seal?.(signed)])
    const blocks = cms === undefined ? [] : [sealBlock(cms)]
    const paths = treePaths(this.#crypto, leaves)
    return statements.map((statement, index) =>
      formatLat({
        statement,
        tree: { index, size: statements.length, path: paths[index] ?? [] },
        token,
        signature: { algorithm: 'ecdsa-p256-sha256', key: this.#keyId, value },
        blocks,
      }),
    )
  }

  async #signature(message: Uint8Array): Promise<Uint8Array> {
    let signature: Uint8Array
    try {
      signature = await this.#signer.sign(message)
    } catch (error) {
      throw new BoxError('signer-failed', 'retryable', 'the archive key does not sign', {
        cause: error,
      })
    }
    const answer = await this.#crypto.verify(
      'ecdsa-p256-sha256',
      this.#signer.publicKey,
      message,
      signature,
    )
    if (answer !== 'valid')
      throw new BoxError(
        'signer-failed',
        'retryable',
        'the archive key gave a signature that does not verify',
      )
    return signature
  }
}

const isMissingSeal = (error: unknown): boolean =>
  error instanceof BoxError && error.code === 'seal-missing'
