import {
  canonicalBytes,
  formatTlogProof,
  isJsonObject,
  leafHash,
  parseCanonical,
  utf8,
  type JsonValue,
} from '@probant/evidence'
import { testCrypto } from '../../packages/evidence/test/test-crypto.ts'
import type { TestDeposit } from '../../packages/evidence/test/world.ts'
import type { ZipEntry } from '../../provisioning/test/verification/zip-writer.ts'
import { altered, content, given, relisted, world, type BundleCase } from './bundle-cases.ts'

const vault = '0b0b0b0b-1d1c-4e64-9f3a-0c1d2e3f4a5b'
const block = (
  type: string,
  critical: boolean,
  more: Record<string, JsonValue> = { content: {} },
) => [{ type, version: 1, critical, ...more }]
const clock = { clock: 1, time: 1, resetCount: 1, restartCount: '0', safe: true }
const cms = { cms: Buffer.from('not a seal').toString('base64') }

/** Other deposits: true or false statements that the box itself signed. */
export async function* depositCases(): AsyncGenerator<BundleCase> {
  const of = (what: string, each: TestDeposit, expected?: string) =>
    given(what, world.bundle(each), expected === undefined ? {} : { expected })
  yield of('two documents', await world.deposit([utf8('a'), utf8('b')]), 'valid')
  const two = await world.deposit([utf8('a'), utf8('b')])
  for (const missing of ['document/1', 'document/2']) {
    const list = world.bundle(two).filter(({ name }) => name !== missing)
    yield given(`two documents without ${missing}`, list)
    yield given(`two documents without ${missing}, one given`, list, { document: 'b' })
  }
  yield of('alone in its batch', await world.deposit([utf8('a')], { alone: true }), 'valid')
  yield of('an empty document', await world.deposit([new Uint8Array(0)]), 'valid')
  const traces: [string, Record<string, JsonValue>, string?][] = [
    ['a refused deposit', { outcome: 'refused' }],
    ['another act', { act: 'read' }],
    ['committed to nothing', { objectCommitment: null }],
    ['of another vault', { vault }],
    ['of no vault', { vault: null }],
    ['a trace of format 2', { format: 2 }],
    ['a date to come', { time: '2199-01-01T00:00:00.000Z' }],
    ['a date that does not exist', { time: '2026-02-30T00:00:00.000Z' }],
    ['an unknown block', { blocks: block('unknown', false) }, 'valid'],
    ['an unknown critical block', { blocks: block('unknown', true) }, 'cannot-tell'],
    ['a known block', { blocks: block('hardware-clock', false, { content: clock }) }, 'valid'],
    ['a known block, critical', { blocks: block('hardware-clock', true, { content: clock }) }],
    ['a known block without content', { blocks: block('hardware-clock', false) }, 'invalid'],
    [
      'a later version of a block',
      { blocks: block('hardware-clock', true, { version: 2, content: {} }) },
    ],
    [
      'a block in a wrong place',
      { blocks: block('cms-signature', false, { content: cms }) },
      'invalid',
    ],
    ['an empty array of blocks', { blocks: [] }, 'invalid'],
    ['a boot that is none', { boot: 'x' }],
    ['a long trace', { data: { long: 'x'.repeat(61_000) } }],
    ['a trace beyond the limit of entries', { data: { long: 'x'.repeat(66_000) } }],
  ]
  for (const [what, trace, expected] of traces) {
    yield given(
      `trace: ${what}`,
      await withTrace(trace),
      expected === undefined ? {} : { expected },
    )
  }
  const statements: [string, object, string?][] = [
    ['received in a time to come', { receivedAt: '2199-01-01T00:00:00.000Z' }],
    ['for ever', { retention: { class: 'x', days: null, earliestEnd: null } }, 'valid'],
    [
      'ten days',
      { retention: { class: 'x', days: 10, earliestEnd: '2036-02-27T12:00:01.500Z' } },
      'valid',
    ],
    ['no retention', { retention: null }, 'valid'],
    ['another digest', { digests: { sha256: '0'.repeat(64), 'sha3-256': '0'.repeat(64) } }],
    ['another size', { size: 1 }],
    ['another media type', { mediaType: 'text/plain' }],
  ]
  for (const [what, statement, expected] of statements) {
    const made = await world.deposit([utf8(content)], { statement })
    yield of(`statement: ${what}`, made, expected)
  }
}

/** A bundle of a journal that holds this in the deposit's trace, as no box writes it, and signed all the same. */
async function withTrace(change: Readonly<Record<string, JsonValue>>): Promise<ZipEntry[]> {
  const { journal } = world
  const made = await world.deposit([utf8(content)])
  const before = world.bundle(made)
  const [seq = 0] = made.seqs
  const members = parseCanonical(journal.traces[seq] ?? new Uint8Array(0))
  if (!isJsonObject(members)) throw new Error('no trace')
  const trace = canonicalBytes({ ...members, ...change })
  journal.traces[seq] = trace
  journal.leaves[seq] = leafHash(testCrypto, trace)
  const checkpointNote = world.witnessedCheckpoint()
  const proofs = made.seqs.map((index): [string, () => Uint8Array] => {
    const proof = formatTlogProof({ index, path: journal.path(index), checkpointNote })
    return [`traces/${index}.tlog-proof`, () => utf8(proof)]
  })
  const list = altered(
    {
      ...Object.fromEntries(proofs),
      [`traces/${seq}.json`]: () => trace,
      'checkpoint.txt': () => utf8(checkpointNote),
      'audit-receipt.txt': () => utf8(world.auditReceipt()),
    },
    before,
  )
  return relisted(list, before)
}
