import { createHash } from 'node:crypto'
import {
  canonicalBytes,
  commit,
  destructionEntries,
  isJsonObject,
  leafHash,
  openingOf,
  parseCanonical,
  utf8,
  type DestructionInput,
  type JsonObject,
  type JsonValue,
  type Opening,
  type Trace,
} from '@probant/evidence'
import { testBox } from '../../packages/evidence/test/journal-world.ts'
import { testCrypto } from '../../packages/evidence/test/test-crypto.ts'
import { testObject, testVault } from '../../packages/evidence/test/world.ts'
import { collect } from '../../packages/evidence/test/collected.ts'
import { writeZip, type ZipEntry } from '../../provisioning/test/verification/zip-writer.ts'
import {
  altered,
  content,
  deposit,
  entries as bundle,
  flipped,
  given as asked,
  relisted,
  replaced,
  trusted,
  world,
  type BundleCase,
} from './bundle-cases.ts'

const salt = new Uint8Array(32).fill(7)
const reason = utf8('durée de conservation échue')
const grounds = openingOf('grounds', salt, reason)
const committed = commit(testCrypto, 'grounds', salt, reason)
const otherObject = '1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f'
const data: JsonObject = {
  ...{ by: 'request', grounds: { ...committed }, retention: 'paie', trustedTime: null },
  ...{ lastCopyEpoch: 3, lastCopyExpires: '2026-04-01T00:00:00.000Z' },
}
const [depositSeq = 0] = deposit.seqs

/** Journals an act of the object; gives its place. */
function append(fields: Partial<Trace> = {}): number {
  const seq = world.journal.size
  world.journal.append({ act: 'destroy', vault: testVault, object: testObject, data, ...fields })
  return seq
}

const refused = append({ outcome: 'refused', data: { by: 'request', reason: 'under-hold' } })
const destroyed = append()

function proof(seqs: readonly number[], changes: Partial<DestructionInput> = {}): ZipEntry[] {
  return destructionEntries(testCrypto, {
    ...{ state: 'witnessed', box: testBox, vault: testVault, object: testObject, grounds },
    traces: seqs.map((seq) => ({
      bytes: world.journal.traces[seq] ?? new Uint8Array(0),
      path: world.journal.path(seq),
    })),
    checkpointNote: world.witnessedCheckpoint(),
    auditReceipt: world.auditReceipt(),
    ...changes,
  })
}

const whole = [...deposit.seqs, refused, destroyed]
const entries: readonly ZipEntry[] = proof(whole)
const given = (...[what, list, rest]: Parameters<typeof asked>) =>
  asked(`destruction: ${what}`, list, rest)
/** Changed by a forger who lists what is there. */
const forged = (...[changes, list = entries]: Parameters<typeof altered>) =>
  relisted(altered(changes, list), list)
const manifest = (change: (members: JsonObject) => JsonObject, list = entries) =>
  altered({ 'manifest.json': (bytes) => canonicalBytes(change(objectIn(bytes))) }, list)

function objectIn(bytes: Uint8Array): JsonObject {
  const value = parseCanonical(bytes)
  if (!isJsonObject(value)) throw new Error('no object')
  return value
}

/** With one entry more, in the zip and in the manifest, and blocks where there are any. */
function smuggled(name: string, bytes: Uint8Array, blocks?: JsonValue): ZipEntry[] {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const listed = replaced('"entries":[', `"entries":[{"name":"${name}","sha256":"${sha256}"},`)
  const extended = (before: Uint8Array) =>
    canonicalBytes({ ...objectIn(listed(before)), ...(blocks === undefined ? {} : { blocks }) })
  return altered({ 'manifest.json': extended }, [...entries, { name, bytes }])
}

const valid = { expected: 'valid' }
const invalid = { expected: 'invalid' }
const untold = { expected: 'cannot-tell' }

/** Proofs of destruction, good and bad. */
export function* destructionCases(): Generator<BundleCase> {
  yield given('in order', entries, valid)
  yield given('in another order', entries.toReversed(), valid)
  yield given('a witness required', entries, { ...valid, requireWitness: 1 })
  yield given('two witnesses required', entries, { ...untold, requireWitness: 2 })
  yield given('without an audit receipt', proof(whole, { auditReceipt: undefined }), valid)
  yield given('the document given', entries, { ...untold, document: content })
  yield given('in a collection', collect(new Map([[testObject, writeZip(entries)]])), valid)
  yield* trusting()
  yield* manifests()
  yield* reasons()
  yield* traces()
  yield* smuggling()
  for (const { name, bytes } of entries) {
    const changed = { [name]: flipped(bytes.length * 4 + 1) }
    yield given(`${name} altered`, altered(changed, entries), invalid)
    const gone = { [name]: () => null }
    yield given(`${name} missing`, altered(gone, entries), invalid)
    if (name === 'manifest.json') continue
    yield given(`${name} altered and listed so`, forged(changed))
    yield given(`${name} neither there nor listed`, forged(gone))
  }
}

/** Other anchors, another date. */
function* trusting(): Generator<BundleCase> {
  for (const [name, expected] of [
    ['journal.vkeys', 'cannot-tell'],
    ['lat.pem', 'valid'],
    ['tsa.pem', 'valid'],
    ['box.txt', 'valid'],
    ['witness.vkeys', 'valid'],
    ['audit.vkeys', 'valid'],
  ] as const) {
    const anchors = new Map([...trusted].filter(([each]) => each !== name))
    yield given(`${name} missing`, entries, { anchors, expected })
  }
  const another = new Map(trusted).set('box.txt', utf8('box-9\n'))
  yield given('of a box that isn’t given', entries, { ...invalid, anchors: another })
  for (const [name, at, expected] of [
    ['sha256', '2031-01-01', 'cannot-tell'],
    ['ecdsa-p256', '2031-01-01', 'cannot-tell'],
    ['sha256', '2029-01-01', 'valid'],
    ['sha3-256', '2031-01-01', 'valid'],
    ['rsa', '2031-01-01', 'valid'],
  ] as const) {
    const anchors = new Map(trusted).set('retired.txt', utf8(`${name} 2030-06-01\n`))
    yield given(`${name} retired, at ${at}`, entries, { anchors, at, expected })
  }
}

function* manifests(): Generator<BundleCase> {
  const moved = '0b7a6c5d-4e3f-4a2b-9c1d-0e1f2a3b4c5d'
  const changes: [string, JsonObject, string][] = [
    ['of format 3', { format: 3 }, 'cannot-tell'],
    ['of format 1', { format: 1 }, 'invalid'],
    ['of another kind', { kind: 'erasure' }, 'invalid'],
    ['with documents', { documents: [] }, 'invalid'],
    ['of state accepted', { state: 'accepted' }, 'valid'],
    ['of an unknown state', { state: 'destroyed' }, 'invalid'],
    ['of another box', { box: 'box-9' }, 'invalid'],
    ['of another object', { object: otherObject }, 'invalid'],
    ['of another vault', { vault: moved }, 'invalid'],
    ['of another journal', { origin: 'box-9/1' }, 'invalid'],
  ]
  for (const [what, members, expected] of changes)
    yield given(
      `manifest ${what}`,
      manifest((before) => ({ ...before, ...members })),
      { expected },
    )
  yield given(
    'manifest of no kind',
    manifest(({ kind, ...rest }) => (kind === undefined ? {} : rest)),
    invalid,
  )
  const anchors = new Map([...trusted].filter(([name]) => name !== 'box.txt'))
  yield given(
    'manifest of a box that none is called',
    manifest((before) => ({ ...before, box: 'box\n9' })),
    { ...invalid, anchors },
  )
}

/** What openings.json says of the reason. */
function* reasons(): Generator<BundleCase> {
  yield given('the reason erased', proof(whole, { grounds: null }), valid)
  const another = utf8('erreur de saisie')
  const openings: [string, Opening][] = [
    ['another', openingOf('grounds', salt, another)],
    ['of another salt', openingOf('grounds', new Uint8Array(32), reason)],
    ['of another field', { ...grounds, field: 'actor' }],
  ]
  for (const [what, opening] of openings)
    yield given(`a reason ${what}`, proof(whole, { grounds: opening }), invalid)
  const salted = replaced('"salt":"07', '"salt":"08')
  yield given('openings altered', altered({ 'openings.json': salted }, entries), invalid)
  yield given('openings altered and listed so', forged({ 'openings.json': salted }), invalid)
  for (const text of ['{}', '{"grounds":{}}', '{"grounds":null,"object":null}', 'null'])
    yield given(`openings ${text}`, forged({ 'openings.json': () => utf8(text) }), invalid)
  const binary = Uint8Array.of(0xff, 0xfe)
  const untold = append({
    data: { ...data, grounds: { ...commit(testCrypto, 'grounds', salt, binary) } },
  })
  yield given(
    'a reason that is no text',
    proof([...deposit.seqs, untold], { grounds: openingOf('grounds', salt, binary) }),
    invalid,
  )
  for (const committing of [null, 'x', { sha256: committed.sha256 }]) {
    const seqs = [...deposit.seqs, append({ data: { ...data, grounds: committing } })]
    const what = `committed to as ${JSON.stringify(committing).slice(0, 20)}`
    yield given(`a reason ${what}`, proof(seqs), invalid)
    yield given(`a reason ${what}, erased`, proof(seqs, { grounds: null }), valid)
  }
}

/** Which traces are there, and in which journal. */
function* traces(): Generator<BundleCase> {
  yield given('without its trace', proof([...deposit.seqs, refused]), invalid)
  yield given('failed', proof([...deposit.seqs, append({ outcome: 'failed' })]), invalid)
  const ofOther = append({ object: otherObject })
  yield given('of another object', proof([...deposit.seqs, ofOther]), invalid)
  yield given('and of another object', proof([...whole, ofOther]), invalid)
  yield given('without the deposit', proof([refused, destroyed]), invalid)
  yield given('without acts between', proof([depositSeq, destroyed]), valid)
  yield given('twice', proof([...whole, append()]), valid)
  yield given('told nothing of', proof([...deposit.seqs, append({ data: {} })]), invalid)
  for (const [what, fields, expected] of [
    ['of format 2', { format: 2 }, 'cannot-tell'],
    ['of format 0', { format: 0 }, 'invalid'],
    ['of no act', { act: '' }, 'invalid'],
  ] as const) {
    const strange = storeStrange(fields)
    yield given(`its trace ${what}`, strange([depositSeq]), { expected })
    yield given(`a further trace ${what}`, strange(whole), { expected })
    yield given(`its first trace ${what}`, strange([], [append()]), { expected })
  }
  const name = `traces/${destroyed}.tlog-proof`
  const proofOf = (seq: number) => entries.find((each) => each.name === `traces/${seq}.tlog-proof`)
  const hash = /\n[A-Za-z0-9+/]{43}=\n/
  const path: [string, (bytes: Uint8Array) => Uint8Array][] = [
    ['altered', replaced(hash, `\n${'A'.repeat(43)}=\n`)],
    ['cut short', replaced(hash, '\n')],
    ['of another trace', () => proofOf(refused)?.bytes ?? utf8('')],
    ['under a stranger’s checkpoint', replaced(/— .*\n$/, '')],
  ]
  for (const [what, change] of path)
    yield given(`inclusion ${what}`, forged({ [name]: change }), invalid)
  const later = replaced(`"seq":${destroyed}`, `"seq":${destroyed + 1}`)
  yield given('a trace altered', forged({ [`traces/${destroyed}.json`]: later }), invalid)
}

/** What a proof of destruction doesn't have. */
function* smuggling(): Generator<BundleCase> {
  const document = { name: 'document/1', bytes: utf8(content) }
  yield given('a document beside', [...entries, document], invalid)
  yield given('a document listed', smuggled(document.name, document.bytes), invalid)
  const there = new Set(entries.map(({ name }) => name))
  for (const { name, bytes } of bundle)
    if (!there.has(name) && !name.startsWith('document/'))
      yield given(`${name} of a bundle`, smuggled(name, bytes), invalid)
  for (const name of ['metadata.json', 'attestation.fr.pdf', 'attestation.en.pdf', 'blocks/x'])
    yield given(`${name} listed`, smuggled(name, utf8('x')), invalid)
  const types = [
    'dating',
    'renewal',
    'seal-signature',
    'seal-certificates',
    'cosignatures',
    'later',
  ]
  for (const type of types)
    for (const critical of [false, true]) {
      const blocks = [{ type, version: 1, critical, content: { entry: 'blocks/x' } }]
      const list = smuggled('blocks/x', utf8('x'), blocks)
      const expected = critical ? 'cannot-tell' : 'valid'
      yield given(`a block ${type}${critical ? ', critical' : ''}`, list, { expected })
    }
  const astray = [{ type: 'dating', version: 1, critical: false, content: { entry: 'blocks/y' } }]
  yield given('a block of nothing', smuggled('blocks/x', utf8('x'), astray), invalid)
}

/** Journals a trace as no box writes it; gives how to make a proof with it between others. */
function storeStrange(
  fields: JsonObject,
): (before: readonly number[], after?: readonly number[]) => ZipEntry[] {
  const { journal } = world
  const seq = append()
  const good = journal.traces[seq] ?? utf8('')
  const strange = canonicalBytes({ ...objectIn(good), ...fields })
  journal.leaves[seq] = leafHash(testCrypto, strange)
  return (before, after = []) => {
    const list = proof([...before, seq, ...after])
    return relisted(altered({ [`traces/${seq}.json`]: () => strange }, list), list)
  }
}
