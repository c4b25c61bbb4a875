import { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import {
  canonicalBytes,
  commit,
  destructionEntries,
  entryName,
  memorySource,
  parseAnchors,
  utf8,
  verifyBundle,
} from '../../src/index.ts'
import type {
  Anchors,
  BundleEntry,
  BundleOptions,
  BundleReport,
  DestructionInput,
  JsonObject,
  Opening,
  Trace,
} from '../../src/index.ts'
import { testBox } from '../journal-world.ts'
import { checkProperty } from '../property.ts'
import { testCrypto as crypto } from '../test-crypto.ts'
import { randomOpening, testObject, testVault, TestWorld } from '../world.ts'
import { bytesIn, forged, jsonOf, relisted } from './forgery.ts'

/** Proofs of destruction: made, verified, and forged. */
const lastCopyExpires = '2026-04-01T00:00:00.000Z'
const reason = 'fin de durée de vie'
const grounds = randomOpening('grounds', utf8(reason))
const commitmentTo = ({ field, salt, value }: Opening) => ({
  ...commit(crypto, field, Buffer.from(salt, 'hex'), Buffer.from(value, 'base64')),
})

interface Destroyed {
  readonly world: TestWorld
  readonly input: DestructionInput
}

/** A world in which an object was deposited, refused once to be destroyed, and destroyed. */
async function destroyed(trace: Partial<Trace> = {}): Promise<Destroyed> {
  const world = await TestWorld.create()
  const deposit = await world.deposit()
  const common = { vault: testVault, object: testObject }
  const first = world.journal.size
  world.journal.append({ act: 'destroy', outcome: 'refused', ...common })
  const data: JsonObject = { grounds: commitmentTo(grounds), lastCopyExpires }
  world.journal.append({ act: 'destroy', ...common, data, ...trace })
  world.journal.seal()
  const seqs = [...deposit.seqs, first, first + 1]
  return {
    world,
    input: {
      ...{ state: 'witnessed', box: testBox, vault: testVault, object: testObject },
      traces: seqs.map((seq) => ({
        bytes: world.journal.traces[seq] ?? new Uint8Array(0),
        path: world.journal.path(seq),
      })),
      checkpointNote: world.witnessedCheckpoint(),
      auditReceipt: world.auditReceipt(),
      grounds,
    },
  }
}

const { world, input } = await destroyed()
const entries = destructionEntries(crypto, input)
const made = (changes: Partial<DestructionInput>) =>
  destructionEntries(crypto, { ...input, ...changes })

const verify = (
  bundle: readonly BundleEntry[] = entries,
  options: BundleOptions = {},
  trusted: Anchors = world.anchors(),
): Promise<BundleReport> => verifyBundle(crypto, memorySource(bundle), trusted, options)

async function answer(...parameters: Parameters<typeof verify>): Promise<string> {
  const { verdict, checks } = await verify(...parameters)
  if (verdict.status !== 'invalid') return verdict.status
  return `${checks.find((check) => check.verdict === verdict)?.name ?? ''}: ${verdict.code}`
}

void t.test('a proof in order', async (t) => {
  const report = await verify()
  t.same(report.verdict, { status: 'valid' })
  t.same(
    report.checks.map(({ name }) => name),
    [
      ...['entries', 'entry-digests', 'box', 'deposit-trace', 'inclusion', 'destruction'],
      ...['checkpoint', 'cosignatures', 'audit-receipt', 'blocks'],
    ],
  )
  for (const { name, verdict } of report.checks) t.same(verdict, { status: 'valid' }, name)
  t.match(report.facts, {
    ...{ box: testBox, vault: testVault, object: testObject, state: 'witnessed' },
    ...{ documents: [], token: null, depositor: null },
    destruction: { reason, lastCopyExpires },
  })
  t.equal(report.facts?.traces.length, 4)
  t.same(report.notProved, ['copies-elsewhere', 'what-happened-later'])
  t.same(made({}), entries, 'deterministic')
})

void t.test('what is left out', async (t) => {
  const bare = made({
    grounds: null,
    auditReceipt: undefined,
    checkpointNote: world.journal.checkpoint(),
  })
  const report = await verify(bare)
  t.equal(report.verdict.status, 'valid')
  t.match(report.facts, { state: 'accepted', audit: null, destruction: { reason: null } })
  t.match(report.notProved, ['no-witness', 'copies-elsewhere'])
  t.equal(await answer(bare, { requireWitnesses: 1 }), 'cannot-tell')
  const document = Readable.from([utf8('un document\n')])
  const asked = await verify(entries, { document })
  t.equal(asked.verdict.status, 'cannot-tell', 'no digest remains to compare a document with')
  const { boxes, ...others } = world.anchors()
  t.ok(boxes)
  const unknown = await verify(entries, {}, others)
  t.match(unknown, {
    verdict: { status: 'valid' },
    checks: [{}, {}, { verdict: { status: 'cannot-tell' } }],
  })
  const silent = await destroyed({ data: { grounds: commitmentTo(grounds), lastCopyExpires: 7 } })
  const told = await verify(destructionEntries(crypto, silent.input), {}, silent.world.anchors())
  t.match(told.facts?.destruction, { lastCopyExpires: null })
  const wordless = await destroyed({
    data: { grounds: commitmentTo(grounds), lastCopyExpires: 'soon' },
  })
  const said = await verify(
    destructionEntries(crypto, wordless.input),
    {},
    wordless.world.anchors(),
  )
  t.match(said.facts?.destruction, { lastCopyExpires: null })
})

void t.test('blocks, and an audit receipt of more than the checkpoint', async (t) => {
  const block = (type: string, critical: boolean, content: JsonObject = {}): JsonObject => ({
    ...{ type, version: 1, critical, content },
  })
  const ignored = await verify(relisted(entries, { blocks: [block('later', false)] }))
  t.match(ignored, { verdict: { status: 'valid' }, ignoredBlocks: ['later version 1'] })
  t.ok(ignored.notProved.includes('blocks-ignored'))
  const content = { entry: 'blocks/more' }
  const more = [...entries, { name: content.entry, bytes: utf8('more') }]
  const known = await verify(relisted(more, { blocks: [block('cosignatures', false, content)] }))
  t.match(known, { verdict: { status: 'valid' }, blocksNotChecked: ['cosignatures version 1'] })
  t.ok(known.notProved.includes('blocks-not-checked'))
  const critical = await verify(relisted(entries, { blocks: [block('later', true)] }))
  t.equal(critical.verdict.status, 'cannot-tell')
  const note = world.witnessedCheckpoint()
  world.journal.append()
  const later = await verify(made({ checkpointNote: note, auditReceipt: world.auditReceipt() }))
  t.equal(later.verdict.status, 'valid')
  t.ok(later.notProved.includes('audit-root-not-compared'))
})

void t.test('forged', async (t) => {
  const traces = input.traces.slice(0, -1)
  t.equal(await answer(made({ traces })), 'destruction: no-destruction', 'a refusal is none')
  t.equal(await answer(made({ traces: input.traces.slice(1) })), 'deposit-trace: bad-deposit-trace')
  const refused = await destroyed({ act: 'deposit', outcome: 'refused' })
  const late = { ...refused.input, traces: refused.input.traces.slice(-1) }
  const noDeposit = destructionEntries(crypto, late)
  t.equal(await answer(noDeposit, {}, refused.world.anchors()), 'deposit-trace: bad-deposit-trace')
  const unreadable = relisted(entries).map(({ name, bytes }) =>
    /^traces\/\d+\.json$/.test(name) ? { name, bytes: utf8('{}') } : { name, bytes },
  )
  t.match(await answer(relisted(unreadable)), /^deposit-trace: /)

  const other = randomOpening('grounds', utf8('autre motif'))
  t.equal(await answer(made({ grounds: other })), 'destruction: bad-opening')
  const renamed = { ...grounds, field: 'object' }
  t.equal(await answer(made({ grounds: renamed })), 'destruction: bad-opening')
  const binary = randomOpening('grounds', new Uint8Array([0xff, 0xfe]))
  t.equal(await answer(made({ grounds: binary })), 'destruction: bad-opening', 'no text at all')
  for (const data of [{ lastCopyExpires }, { grounds: 'x' }, { grounds: null }]) {
    const made = await destroyed({ data })
    const bundle = destructionEntries(crypto, made.input)
    t.match(await answer(bundle, {}, made.world.anchors()), /^destruction: /, JSON.stringify(data))
  }
  t.equal(
    await answer(forged(entries, entryName.openings, utf8('{}'))),
    'destruction: malformed-bundle',
  )
  const unreadableGrounds = forged(entries, entryName.openings, utf8('{"grounds":{}}'))
  t.equal(await answer(unreadableGrounds), 'destruction: malformed-commitment')

  const moved = '1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f'
  for (const changes of [{ object: moved }, { vault: moved }, { origin: 'other/1' }])
    t.equal(
      await answer(relisted(entries, changes)),
      'inclusion: bad-trace',
      JSON.stringify(changes),
    )
  t.equal(await answer(relisted(entries, { box: 'box-0' })), 'box: wrong-box')
  const stranger = await TestWorld.create()
  t.match(await answer(entries, {}, stranger.anchors()), /^(checkpoint: |cannot-tell)/)
})

void t.test('the manifest: no documents, one kind', async (t) => {
  for (const changes of [{ documents: [] }, { kind: 'erasure' }, { format: 1 }])
    t.equal(await answer(relisted(entries, changes)), 'entries: malformed-bundle')
  const { kind, ...kindless } = jsonOf(bytesIn(entries, entryName.manifest))
  t.equal(kind, 'destruction')
  const bytes = utf8(JSON.stringify(kindless))
  const without = entries.map((each) =>
    each.name === entryName.manifest ? { name: each.name, bytes } : each,
  )
  t.equal(await answer(without), 'entries: malformed-bundle')
  const smuggled = [...entries, { name: 'document/1', bytes: utf8('x') }]
  t.match(await answer(relisted(smuggled)), /^entries: /)
  for (const name of [entryName.readme, entryName.checkpoint, entryName.openings]) {
    const left = entries.filter((entry) => entry.name !== name)
    t.equal(await answer(relisted(left)), 'entries: bad-listing', name)
  }
})

void t.test('entries of an ordinary bundle, later traces, retired algorithms', async (t) => {
  const beside = [...entries, { name: entryName.metadata, bytes: utf8('{}') }]
  t.equal(await answer(relisted(beside)), 'entries: bad-listing', 'nothing here would check it')
  const seqs = entries.map((entry) => entry.name).filter((each) => /^traces\/\d+\.json$/.test(each))
  const last = seqs.at(-1) ?? ''
  const later = canonicalBytes({ ...jsonOf(bytesIn(entries, last)), format: 2 })
  t.equal(await answer(forged(entries, last, later)), 'cannot-tell', 'of a later format')
  const atMs = Date.parse('2034-01-01T00:00:00Z')
  t.equal(await answer(entries, { atMs }), 'valid')
  const files = world.anchorFiles().set('retired.txt', utf8('sha256 2033-01-01\n'))
  const retired = parseAnchors(files, crypto)
  t.equal(await answer(entries, {}, retired), 'valid', 'no time is asked about')
  t.equal(await answer(entries, { atMs: atMs - 2 * 31_536_000_000 }, retired), 'valid')
  const report = await verify(entries, { atMs }, retired)
  t.equal(report.verdict.status, 'cannot-tell')
  t.ok(report.checks.some((check) => check.name === 'algorithms'))
})

void t.test('any flipped bit', async (t) => {
  const total = entries.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const property = fc.asyncProperty(
    fc.integer({ min: 0, max: total - 1 }),
    fc.integer({ min: 0, max: 7 }),
    async (place, bit) => {
      let left = place
      const flipped = entries.map(({ name, bytes }) => {
        const changed = Uint8Array.from(bytes)
        if (left >= 0 && left < bytes.length) changed[left] = (changed[left] ?? 0) ^ (1 << bit)
        left -= bytes.length
        return { name, bytes: changed }
      })
      return (await verify(flipped)).verdict.status !== 'valid'
    },
  )
  await checkProperty(t, property, 250)
})
