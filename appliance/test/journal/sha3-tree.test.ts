import t, { type Test } from 'tap'
import {
  CompactRange,
  fromHex,
  leafHash,
  toHex,
  utf8,
  verifyInclusion,
  type SealData,
} from '@probant/evidence'
import { createLogger, ManualClock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { recompute } from '../../src/integrity/recomputation.ts'
import { Sha3Tree } from '../../src/journal/sha3-tree.ts'
import { readSigningKeys } from '../../src/journal/signing-keys.ts'
import { readTraces } from '../../src/store/journal.ts'
import { readSha3Nodes, sha3NodesEnd } from '../../src/store/sha3-nodes.ts'
import { createWorld } from '../world.ts'

t.setTimeout(120_000)

const log = createLogger({ component: 'test', level: 'silent' })

/** What a seal over these leaves says. */
function sealOf(leaves: readonly Uint8Array[]): SealData {
  const range = new CompactRange(nodeCrypto, 0, [], 'sha3-256')
  for (const leaf of leaves) range.append(leaf)
  const sha3Root = toHex(range.root())
  const nothing = { sha3Chain: '', previousCheckpoint: null, lastToken: null, cosignatures: [] }
  return { size: leaves.length, sha3Root, ...nothing }
}

function leads(
  leaves: readonly Uint8Array[],
  seal: SealData,
  seq: number,
  path: readonly Uint8Array[],
) {
  const leaf = leaves[seq] ?? new Uint8Array(0)
  const [index, size] = [BigInt(seq), BigInt(seal.size)]
  return verifyInclusion(nodeCrypto, index, size, leaf, path, fromHex(seal.sha3Root), 'sha3-256')
}

async function worldOf(t: Test) {
  const world = await createWorld({ journal: { sealAfterSeconds: 3600, idleSealSeconds: 3600 } })
  t.teardown(() => world.close())
  return world
}

void t.test('a seal leaves one hash for 256 traces; a wrong one is named and mended', async (t) => {
  const world = await worldOf(t)
  const { box } = world
  const { database, journal, sha3Tree } = box
  const acts = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () => journal.record({ act: 'count', outcome: 'done' })),
    )
  await acts(600)
  t.equal(await sha3NodesEnd(database, 8), 0, 'a deposit or any other act keeps nothing')
  await journal.record({ act: 'seal', outcome: 'done' })
  for (let left = 200; left > 0 && (await sha3NodesEnd(database, 8)) < 2; left -= 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(await sha3NodesEnd(database, 8), 2, 'whole tiles alone')

  const traces = await readTraces(database, 0, 601)
  const leaves = traces.map(({ bytes }) => leafHash(nodeCrypto, bytes, 'sha3-256'))
  const seal = sealOf(leaves)
  for (const seq of [0, 255, 256, 511, 512, 600])
    t.ok(leads(leaves, seal, seq, await sha3Tree.path(seq, seal)), `trace ${seq}`)

  const found = async () => {
    const { crypto, files, ciphers, journalKey } = box
    const journalKeys = await readSigningKeys(database, crypto, journal.origin, journalKey)
    const context = { database, crypto, files, ciphers, origin: journal.origin, journalKeys }
    const { findings } = (await recompute(context, journal.certifiedSize)).journal
    return findings.map(({ kind, seq }) => `${kind} ${seq ?? ''}`)
  }
  // The seal that this test wrote says nothing, which is named too.
  const before = await found()
  const nodes = async () => [...(await readSha3Nodes(database, 8, 0, 9)).values()].map(toHex)
  const right = await nodes()
  const wrong = `UPDATE journal.sha3_nodes SET hash = set_byte(hash, 5, get_byte(hash, 5) # 1)`
  await database.query(`${wrong} WHERE index = 1`)
  t.same(await found(), [...before, 'tiles-altered 256'])
  t.ok(leads(leaves, seal, 3, await sha3Tree.path(3, seal)), 'a path over it is right all the same')
  t.same(await nodes(), right, 'since it was rebuilt from the traces')
  await database.query(
    `INSERT INTO journal.sha3_nodes SELECT 8, 7, hash FROM journal.sha3_nodes WHERE index = 0`,
  )
  t.same(await found(), [...before, 'tiles-altered 1792'], 'nor may there be more than traces')

  await t.rejects(sha3Tree.path(3, { ...seal, sha3Root: '00'.repeat(32) }), {
    code: 'journal-altered',
  })
})

void t.test('of 66,000 traces: three levels, few reads, holes filled', async (t) => {
  const world = await worldOf(t)
  await world.stop()
  const size = 66_000
  const database = createPool({ ...world.database.connection, max: 1 })
  t.teardown(() => database.close())
  await database.query(`ALTER TABLE journal.traces DISABLE TRIGGER USER`)
  await database.query(`DELETE FROM journal.traces`)
  await database.query(
    `INSERT INTO journal.traces (seq, bytes, leaf, act, outcome)
     SELECT n, convert_to('trace ' || n, 'UTF8'), sha256(''::bytea), 'count', 'done' FROM generate_series(0, $1::int - 1) n`,
    [size],
  )
  const queries: string[] = []
  const counted = new Proxy(database, {
    get(target, name): unknown {
      if (name !== 'query') return Reflect.get(target, name)
      return (text: string, values?: readonly unknown[]) => {
        queries.push(typeof text === 'string' ? text : 'prepared')
        return target.query(text, values)
      }
    },
  })
  const tree = new Sha3Tree({
    database: counted,
    crypto: nodeCrypto,
    clock: new ManualClock(),
    log,
    journal: { certifiedSize: size, onRecorded: () => undefined },
  })
  await tree.fill()
  t.equal(await sha3NodesEnd(database, 8), 257)
  t.equal(await sha3NodesEnd(database, 16), 1)
  const leaves = Array.from({ length: size }, (_, seq) =>
    leafHash(nodeCrypto, utf8(`trace ${seq}`), 'sha3-256'),
  )
  const seal = sealOf(leaves)
  queries.length = 0
  t.ok(leads(leaves, seal, 12_345, await tree.path(12_345, seal)))
  t.ok(queries.length < 8, `${queries.length} reads`)
  t.ok(leads(leaves, seal, 65_999, await tree.path(65_999, seal)))
  await database.query(`DELETE FROM journal.sha3_nodes WHERE index % 3 = 0`)
  t.ok(leads(leaves, seal, 65_999, await tree.path(65_999, seal)), 'with every third missing')
})
