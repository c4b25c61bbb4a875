import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import {
  auditReceiptText,
  bundleEntries,
  canonicalBytes,
  commit,
  depositedObject,
  formatLat,
  formatPem,
  formatStatement,
  formatVkey,
  leafHash,
  objectDigests,
  openingOf,
  parseAnchors,
  sealBlock,
  signedBytes,
  toHex,
  treePath,
  treeRoot,
  utf8,
} from '../src/index.ts'
import type {
  Anchors,
  BundleEntry,
  BundleInput,
  Opening,
  Openings,
  Statement,
  StatementFile,
  VerifierKey,
} from '../src/index.ts'
import { makeAuthority, makeToken } from './authority.ts'
import type { TestCertificate } from './authority.ts'
import { cosign, signNote, testBox, TestJournal } from './journal-world.ts'
import { testCrypto, testSigner } from './test-crypto.ts'

export const testVault = '5f0c1a52-7d1c-4e64-9f3a-0c1d2e3f4a5b'
export const testObject = '8b7a6c5d-4e3f-4a2b-9c1d-0e1f2a3b4c5d'
export const testDepositor = 'u-camille'
const otherObject = '1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f'
const witnessedAt = Date.parse('2026-03-01T12:05:00Z') / 1000

/** One object, deposited. */
export interface TestDeposit {
  readonly documents: readonly Uint8Array[]
  readonly statement: Statement
  readonly lat: Uint8Array
  readonly openings: Openings
  readonly metadata: Uint8Array
  /** Its traces' seqs, the deposit's first. */
  readonly seqs: readonly number[]
}

/** A box with its keys and journal, a time-stamping authority, a witness and an auditor. */
export class TestWorld {
  readonly journal = new TestJournal()
  readonly latKey = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  readonly witnesses = [testSigner('centre.example/w', 4), testSigner('centre.example/w', 6)]
  readonly auditor = testSigner('centre.example/audit', 1)
  readonly root: TestCertificate
  readonly authority: TestCertificate
  /** Makes the seal of LATs, over the 64 signed bytes; without it they carry none. */
  seal?: (content: Uint8Array) => Promise<Uint8Array>

  constructor(root: TestCertificate, authority: TestCertificate) {
    this.root = root
    this.authority = authority
  }

  static async create(): Promise<TestWorld> {
    const { root, certificate } = await makeAuthority()
    const world = new TestWorld(root, certificate)
    world.journal.append()
    return world
  }

  get latSpki(): Uint8Array {
    return new Uint8Array(this.latKey.publicKey.export({ type: 'spki', format: 'der' }))
  }

  /** Deposits documents as one object, in a batch (with two others by default), and journals it with a few more acts. */
  async deposit(
    documents: readonly Uint8Array[] = [utf8('un document\n')],
    changes: { statement?: Partial<Statement>; trace?: object; alone?: boolean } = {},
  ): Promise<TestDeposit> {
    const metadata = canonicalBytes({ title: 'Bulletin de paie', year: 2026 })
    const depositor = randomOpening('depositor', utf8(testDepositor))
    const described = randomOpening('metadata', metadata)
    const statement: Statement = {
      ...this.statement(documents, depositor, described),
      ...changes.statement,
    }
    const bytes = formatStatement(statement)
    const lat = changes.alone
      ? await this.lat([bytes], 0)
      : await this.lat([randomBytes(300), bytes, randomBytes(200)], 1)
    const object = randomOpening('object', depositedObject(testCrypto, statement, lat))
    const common = { vault: statement.vault, object: statement.object }
    const seqs = [this.journal.size, this.journal.size + 2]
    this.journal.append({
      act: 'deposit',
      ...common,
      objectCommitment: commitment(object),
      actor: commitment(depositor),
      ...changes.trace,
    })
    this.journal.append({ act: 'deposit', vault: statement.vault, object: otherObject })
    this.journal.append({ act: 'read', ...common })
    this.journal.seal()
    return {
      documents,
      statement,
      lat,
      metadata,
      openings: { object, depositor, metadata: described },
      seqs,
    }
  }

  statement(documents: readonly Uint8Array[], depositor: Opening, metadata: Opening): Statement {
    const files: StatementFile[] = documents.map((document) => ({
      digests: {
        sha256: toHex(testCrypto.hash('sha256', document)),
        'sha3-256': toHex(testCrypto.hash('sha3-256', document)),
      },
      size: document.length,
      mediaType: 'application/pdf',
    }))
    return {
      format: 1,
      box: testBox,
      vault: testVault,
      object: testObject,
      nonce: toHex(randomBytes(32)),
      receivedAt: '2026-03-01T12:00:01.500Z',
      ...objectDigests(testCrypto, files),
      mediaType: 'application/pdf',
      files,
      depositor: commitment(depositor),
      metadata: commitment(metadata),
      retention: { class: 'paie', days: 3650, earliestEnd: '2036-02-27T12:00:01.500Z' },
    }
  }

  /** The LAT of one statement of a batch. */
  async lat(statements: readonly Uint8Array[], index: number): Promise<Uint8Array> {
    const leaves = statements.map((each) => leafHash(testCrypto, each))
    const root = treeRoot(testCrypto, leaves)
    const token = await makeToken({
      imprint: testCrypto.hash('sha256', root),
      certificate: this.authority,
      genTime: '2026-03-01T12:00:01.600Z',
    })
    const signed = signedBytes(root, testCrypto.hash('sha256', token))
    const seal = await this.seal?.(signed)
    return formatLat({
      ...(seal === undefined ? {} : { blocks: [sealBlock(seal)] }),
      statement: statements[index] ?? new Uint8Array(0),
      tree: { index, size: leaves.length, path: treePath(testCrypto, leaves, index) },
      token,
      signature: {
        algorithm: 'ecdsa-p256-sha256',
        key: toHex(testCrypto.hash('sha256', this.latSpki)),
        value: new Uint8Array(sign('sha256', signed, this.latKey.privateKey)),
      },
    })
  }

  /** The journal's checkpoint with every cosignature. */
  witnessedCheckpoint(): string {
    return this.witnesses.reduce(
      (note, witness) => cosign(note, witness, witnessedAt),
      this.journal.checkpoint(),
    )
  }

  auditReceipt(size = this.journal.size): string {
    const { origin } = this.journal
    const time = '2026-03-02T03:00:00.000Z'
    const text = auditReceiptText({ origin, size, root: this.journal.root(size), time })
    return signNote(text, this.auditor)
  }

  bundleInput(deposit: TestDeposit): BundleInput {
    return {
      state: 'witnessed',
      lat: deposit.lat,
      latKey: this.latSpki,
      traces: deposit.seqs.map((seq) => ({
        bytes: this.journal.traces[seq] ?? new Uint8Array(0),
        path: this.journal.path(seq),
      })),
      checkpointNote: this.witnessedCheckpoint(),
      auditReceipt: this.auditReceipt(),
      openings: deposit.openings,
      metadata: deposit.metadata,
    }
  }

  /** A whole bundle, documents included. */
  bundle(deposit: TestDeposit, changes: Partial<BundleInput> = {}): BundleEntry[] {
    const input = { ...this.bundleInput(deposit), ...changes }
    return [
      ...bundleEntries(testCrypto, input),
      ...deposit.documents.map((bytes, at) => ({ name: `document/${at + 1}`, bytes })),
    ]
  }

  /** The files of an anchors folder that trusts this world. */
  anchorFiles(): Map<string, Uint8Array> {
    const vkeys = (keys: readonly VerifierKey[]): Uint8Array =>
      utf8(
        keys
          .map((key) => `${formatVkey(key.name, key.type, key.publicKey, testCrypto)}\n`)
          .join(''),
      )
    return new Map([
      ['journal.vkeys', vkeys([this.journal.signer.key])],
      ['lat.pem', utf8(formatPem(this.latSpki, 'PUBLIC KEY'))],
      ['witness.vkeys', vkeys(this.witnesses.map((each) => each.key))],
      ['audit.vkeys', vkeys([this.auditor.key])],
      ['tsa.pem', utf8(formatPem(this.root.der, 'CERTIFICATE'))],
      ['box.txt', utf8(`${testBox}\n`)],
    ])
  }

  anchors(): Anchors {
    return parseAnchors(this.anchorFiles(), testCrypto)
  }
}

/** An opening with a fresh salt. */
export function randomOpening(field: string, value: Uint8Array): Opening {
  return openingOf(field, randomBytes(32), value)
}

function commitment(opening: Opening): ReturnType<typeof commit> {
  const salt = Buffer.from(opening.salt, 'hex')
  return commit(testCrypto, opening.field, salt, Buffer.from(opening.value, 'base64'))
}
