import { toHex, type EvidenceCrypto } from '@probant/evidence'
import { formatTime, type Clock, type Randomness } from '@probant/host'
import type { KeyProvider, KeyRef } from '@probant/keys'
import type { Database } from '@probant/postgres'
import { BoxError, noSuchEntry } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import {
  keepSealCertificate,
  keepSealRequest,
  sealRows,
  withdrawSealCertificate,
} from '../store/seal-certificates.ts'
import { algorithmOf, type CertifiedKind } from '../timestamping/signature-algorithms.ts'
import { examine, type CertificateFiles, type RequestedKey } from './examination.ts'
import { certificationRequest, type SealSubject } from './request.ts'
import { certificateDigest, templateOf, type Seals } from './seals.ts'

export interface AdministrationContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly keys: KeyProvider
  readonly journal: Journal
  readonly seals: Seals
  /** OIDs of the certificate classes that are accepted; none: any. */
  readonly policies: readonly string[]
}

/** First key for seals; those of renewals are numbered from 2. */
const FIRST_LABEL = 'seal'

/**
 * Requests, imports and withdraws the client's seal certificates: one act at a time, each journalled before it counts. A certificate is
 * renewed by a request of its own, for a key of its own, beside the one in force.
 */
export class SealAdministration {
  readonly #context: AdministrationContext
  #last: Promise<unknown> = Promise.resolve()

  constructor(context: AdministrationContext) {
    this.#context = context
  }

  /**
   * A PKCS #10 request, DER, for the key of that type that waits for a certificate, or for a new one. Asked again before the import, the
   * request is made anew for the same key.
   * @throws BoxError `bad-certificate` (the caller's) when the box's provider makes no such keys
   */
  request(
    subject: SealSubject,
    keyType: CertifiedKind,
    actorId: string,
  ): Promise<{ keyLabel: string; request: Uint8Array }> {
    return this.#inTurn(async () => {
      const { keys, journal, clock, crypto } = this.#context
      const key = await this.#waitingKey(keyType)
      const spki = await keys.publicKey(key)
      const { identifier } = algorithmOf(key.kind)
      const request = await certificationRequest(subject, spki, identifier, (message) =>
        keys.sign(key, message),
      )
      await journal.record({
        act: 'seal-certificate-requested',
        outcome: 'done',
        actorId,
        data: {
          key: toHex(crypto.hash('sha256', spki)),
          requestSha256: toHex(crypto.hash('sha256', request)),
        },
        apply: (client) =>
          keepSealRequest(client, {
            keyLabel: key.label,
            requestedAtMs: clock.nowMs(),
            request,
          }),
      })
      return { keyLabel: key.label, request }
    })
  }

  /**
   * Examines what the authority issued, makes a seal on trial with its key, and takes it into use with the next batch, or from its first
   * day on.
   * @returns the label of its key
   * @throws BoxError `bad-certificate` (the caller's): journalled as refused
   */
  import(files: CertificateFiles, actorId: string): Promise<string> {
    return this.#inTurn(async () => {
      const { crypto, clock, journal, seals, keys, randomness, policies } = this.#context
      const requested = await this.#requestedKeys()
      const rules = { requested, policies, nowMs: clock.nowMs() }
      const found = await examine(crypto, files, rules).catch(async (error: unknown) => {
        await this.#refused(error, actorId)
        throw error
      })
      const { keyLabel, certificate, chain, root, notBeforeMs, notAfterMs } = found
      const key = await this.#key(keyLabel)
      const signer = { key, certificate, template: templateOf(found, key) }
      await seals.sign(signer, randomness.bytes(64), clock.nowMs())
      await journal.record({
        act: 'seal-certificate-imported',
        outcome: 'done',
        actorId,
        data: {
          certificate: certificateDigest(crypto, certificate.der),
          key: toHex(crypto.hash('sha256', await keys.publicKey(key))),
          root: certificateDigest(crypto, root.der),
          notBefore: formatTime(notBeforeMs),
          notAfter: formatTime(notAfterMs),
        },
        apply: async (client) => {
          const imported = {
            chain: chain.map((each) => each.der),
            root: root.der,
            importedAtMs: clock.nowMs(),
          }
          if (!(await keepSealCertificate(client, keyLabel, imported)))
            throw new BoxError('conflict', 'caller', 'this key has its certificate already')
        },
      })
      await seals.reload()
      return keyLabel
    })
  }

  /** Takes a certificate out of use for good, a revoked one above all. @throws BoxError `no-such-entry` */
  withdraw(keyLabel: string, reason: string, actorId: string): Promise<void> {
    return this.#inTurn(async () => {
      const { database, crypto, journal, clock, seals } = this.#context
      const row = (await sealRows(database)).find((each) => each.keyLabel === keyLabel)
      const [der] = row?.imported?.chain ?? []
      const absent = () =>
        noSuchEntry(
          'Aucun certificat de cachet en service ne porte ce nom de clé.',
          'No seal certificate in use has a key of this name.',
        )
      if (der === undefined) throw absent()
      await journal.record({
        act: 'seal-certificate-withdrawn',
        outcome: 'done',
        actorId,
        data: { certificate: certificateDigest(crypto, der), reason },
        apply: async (client) => {
          if (!(await withdrawSealCertificate(client, keyLabel, clock.nowMs()))) throw absent()
        },
      })
      await seals.reload()
    })
  }

  async #refused(error: unknown, actorId: string): Promise<void> {
    if (!(error instanceof BoxError)) return
    await this.#context.journal.record({
      act: 'seal-certificate-imported',
      outcome: 'refused',
      actorId,
      data: { reason: error.code },
    })
  }

  /** A key of that type that was requested for and has no certificate yet, or a new one under a label that was never used. */
  async #waitingKey(keyType: CertifiedKind): Promise<KeyRef> {
    const { database, keys } = this.#context
    if (!keys.capabilities.kinds.includes(keyType)) throw notMade(keyType, keys.place)
    const rows = await sealRows(database)
    for (const { keyLabel, imported } of rows) {
      if (imported !== undefined) continue
      const found = await keys.find(keyLabel)
      if (found === undefined) return keys.generate(keyLabel, keyType)
      if (found.kind === keyType) return found
    }
    const used = new Set(rows.map(({ keyLabel }) => keyLabel))
    for (let number = 1; ; number++) {
      const label = number === 1 ? FIRST_LABEL : `${FIRST_LABEL}-${number}`
      if (used.has(label)) continue
      // One that is there without a row was made by a request that was cut short.
      const found = await keys.find(label)
      if (found === undefined) return keys.generate(label, keyType)
      if (found.kind === keyType) return found
    }
  }

  async #requestedKeys(): Promise<RequestedKey[]> {
    const { database, keys } = this.#context
    const requested: RequestedKey[] = []
    for (const { keyLabel, imported } of await sealRows(database)) {
      if (imported !== undefined) continue
      requested.push({ keyLabel, spki: await keys.publicKey(await this.#key(keyLabel)) })
    }
    return requested
  }

  async #key(label: string): Promise<KeyRef> {
    const ref = await this.#context.keys.find(label)
    if (ref !== undefined) return ref
    throw new BoxError('signer-failed', 'fatal', `the key store holds no key ${label}`)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}

function notMade(keyType: CertifiedKind, place: string): BoxError {
  const en = `${place} makes no keys of type ${keyType}`
  const fr = `Le matériel de clés (${place}) ne fabrique pas de clés de type ${keyType}.`
  return new BoxError('bad-certificate', 'caller', en, { words: { fr, en: `${en}.` } })
}
