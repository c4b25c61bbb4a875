import t from 'tap'
import {
  canonicalBytes,
  commit,
  CompactRange,
  consistencyProof,
  cosignatureLine,
  ed25519CosignatureMessage,
  formatBlocks,
  formatCheckpointText,
  formatNote,
  formatTlogProof,
  formatTrace,
  formatVkey,
  fromHex,
  fromUtf8,
  inclusionProof,
  keyIdOf,
  leafHash,
  mlDsaCosignatureMessage,
  openingMatches,
  openingOf,
  parseBlocks,
  parseCanonical,
  parseCheckpoint,
  parseCommitment,
  parseCosignature,
  parseNote,
  parseOpening,
  parseTlogProof,
  parseTrace,
  parseVkey,
  signatureLine,
  toHex,
  treePath,
  treeRoot,
  utf8,
  verifyConsistency,
  verifyCosignatures,
  verifyInclusion,
  verifyNote,
} from '../src/index.ts'
import type { BlockPlace, JsonValue } from '../src/index.ts'
import { testCrypto as crypto } from './test-crypto.ts'
import { blockBytes } from './vectors/blocks.ts'
import { canonicalJson, refusedBytes } from './vectors/canonical-json.ts'
import * as head from './vectors/checkpoint.ts'
import { commitments } from './vectors/commitments.ts'
import * as journal from './vectors/journal.ts'

// Every format of formats.md sections 1, 2, 5, 6 and 7 against fixed bytes, so that none can drift unseen.

const parseJson: (text: string) => JsonValue = JSON.parse

void t.test('section 1: canonical JSON', (t) => {
  for (const { json, bytes } of canonicalJson) {
    t.equal(toHex(canonicalBytes(parseJson(json))), bytes, json)
    t.same(parseCanonical(fromHex(bytes)), parseJson(json === '-0' ? '0' : json))
  }
  for (const bytes of refusedBytes) {
    t.throws(() => parseCanonical(fromHex(bytes)), { name: 'EvidenceError' }, bytes)
  }
  t.end()
})

void t.test('section 2: blocks', (t) => {
  const places: BlockPlace[] = ['trace', 'lat', 'manifest']
  for (const place of places) {
    const bytes = fromHex(blockBytes[place])
    const blocks = parseBlocks(parseCanonical(bytes), place)
    t.equal(toHex(canonicalBytes(formatBlocks(blocks.toReversed()))), blockBytes[place], place)
  }
  t.end()
})

void t.test('section 5: commitments', (t) => {
  for (const { field, salt, value, commitment, opening } of commitments) {
    const made = commit(crypto, field, fromHex(salt), fromHex(value))
    t.equal(toHex(canonicalBytes(made)), commitment, field)
    t.equal(toHex(canonicalBytes(openingOf(field, fromHex(salt), fromHex(value)))), opening)
    const readOpening = parseOpening(parseCanonical(fromHex(opening)))
    const readCommitment = parseCommitment(parseCanonical(fromHex(commitment)))
    t.ok(openingMatches(crypto, readCommitment, readOpening))
  }
  t.end()
})

const traceBytes = journal.traces.map(utf8)
const leaves = traceBytes.map((bytes) => leafHash(crypto, bytes))

void t.test('section 6: tree', async (t) => {
  t.same(leaves.map(toHex), journal.leafHashes)
  const nodes = new Map<string, Uint8Array>()
  const range = new CompactRange(crypto)
  const sha3 = new CompactRange(crypto, 0, [], 'sha3-256')
  t.equal(toHex(range.root()), journal.roots[0])
  t.equal(toHex(sha3.root()), journal.sha3Roots[0])
  for (const [i, bytes] of traceBytes.entries()) {
    range.append(leafHash(crypto, bytes), (level, index, hash) => {
      nodes.set(`${level}/${index}`, hash)
    })
    sha3.append(leafHash(crypto, bytes, 'sha3-256'))
    t.equal(toHex(range.root()), journal.roots[i + 1])
    t.equal(toHex(treeRoot(crypto, leaves.slice(0, i + 1))), journal.roots[i + 1])
    t.equal(toHex(sha3.root()), journal.sha3Roots[i + 1])
  }
  t.same(range.hashes().map(toHex), journal.compactRange5)

  const reader = {
    node: (level: number, index: number) => nodes.get(`${level}/${index}`) ?? new Uint8Array(0),
  }
  const path = await inclusionProof(crypto, reader, 2, 5)
  t.same(path.map(toHex), journal.inclusionPath2Of5)
  t.same(treePath(crypto, leaves, 2).map(toHex), journal.inclusionPath2Of5)
  const proof = await consistencyProof(crypto, reader, 3, 5)
  t.same(proof.map(toHex), journal.consistency3To5)

  const root = (size: number): Uint8Array => fromHex(journal.roots[size] ?? '')
  const leaf = fromHex(journal.leafHashes[2] ?? '')
  t.ok(verifyInclusion(crypto, 2n, 5n, leaf, journal.inclusionPath2Of5.map(fromHex), root(5)))
  const given = journal.consistency3To5.map(fromHex)
  t.ok(verifyConsistency(crypto, 3n, 5n, given, root(3), root(5)))
})

const note = `${head.checkpointText}\n${head.signatureLines.map((line) => `${line}\n`).join('')}`

void t.test('section 6: verifier keys', (t) => {
  const vkeys = [
    [head.auditVkey, 1],
    [head.journalVkey, 2],
    [head.ed25519WitnessVkey, 4],
    [head.mlDsaWitnessVkey, 6],
  ] as const
  for (const [vkey, type] of vkeys) {
    const key = parseVkey(vkey, crypto)
    t.equal(key.type, type)
    t.equal(formatVkey(key.name, type, key.publicKey, crypto), vkey, key.name)
    t.equal(toHex(keyIdOf(crypto, key.name, type, key.publicKey)), toHex(key.keyId))
  }
  t.end()
})

void t.test('section 6: checkpoint and cosignatures', async (t) => {
  const checkpoint = parseCheckpoint(head.checkpointText)
  t.equal(checkpoint.origin, 'boitier-vecteur/1')
  t.equal(checkpoint.size, 5)
  t.equal(toHex(checkpoint.root), journal.roots[5])
  t.equal(formatCheckpointText(checkpoint), head.checkpointText)

  const parsed = parseNote(note)
  t.equal(parsed.text, head.checkpointText)
  t.same(
    parsed.signatures.map(({ name, keyId, blob }) => signatureLine(name, keyId, blob)),
    head.signatureLines,
  )
  t.equal(formatNote(parsed.text, head.signatureLines), note)

  const log = parseVkey(head.journalVkey)
  const witnesses = [parseVkey(head.ed25519WitnessVkey), parseVkey(head.mlDsaWitnessVkey)]
  const result = await verifyNote(crypto, parsed, [log, ...witnesses])
  t.same(result.verdict, { status: 'valid' })
  t.same(result.verifiedBy, [log, ...witnesses])
  t.match(await verifyCosignatures(crypto, parsed, witnesses), [
    { type: 4, timestamp: head.cosignedAt, answer: 'valid' },
    { type: 6, timestamp: head.cosignedAt, answer: 'valid' },
  ])
  const name = 'temoin.example/centre'
  const timestamp = head.cosignedAt
  const ed = ed25519CosignatureMessage(head.checkpointText, timestamp)
  t.equal(toHex(ed), head.ed25519Message)
  t.equal(toHex(mlDsaCosignatureMessage({ ...checkpoint, name, timestamp })), head.mlDsaMessage)
  for (const signature of parsed.signatures.slice(1)) {
    const cosignature = parseCosignature(signature)
    t.equal(cosignatureLine(signature, timestamp, cosignature.signature), signature.line)
  }

  const audit = parseNote(head.auditNote)
  const auditKey = parseVkey(head.auditVkey)
  t.same((await verifyNote(crypto, audit, [auditKey])).verdict, { status: 'valid' })
})

void t.test('section 6: proof of inclusion in a checkpoint', (t) => {
  const text = head.proofBeforeCheckpoint + note
  const proof = parseTlogProof(text)
  t.equal(proof.index, 2)
  t.same(proof.path.map(toHex), journal.inclusionPath2Of5)
  t.equal(formatTlogProof(proof), text)
  const { size, root } = proof.checkpoint
  const leaf = fromHex(journal.leafHashes[2] ?? '')
  t.ok(verifyInclusion(crypto, 2n, BigInt(size), leaf, proof.path, root))
  t.end()
})

void t.test('section 7: chain', (t) => {
  for (const [i, bytes] of traceBytes.entries()) {
    const trace = parseTrace(bytes)
    t.equal(trace.seq, i)
    t.equal(trace.prev, journal.previousHashes[i])
    t.equal(toHex(crypto.hash('sha256', bytes)), journal.previousHashes[i + 1])
    t.equal(fromUtf8(formatTrace(trace)), journal.traces[i], 'and the trace is written the same')
  }
  t.end()
})
