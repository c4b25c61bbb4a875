import { createPool } from '@probant/postgres'
import t from 'tap'
import { differences } from '../../src/integrity/differences.ts'
import { Inspection } from '../kill/inspection.ts'
import { createWorld, form, staff } from '../world.ts'

// What a DBA changes beside the journal's own bytes.

const world = await createWorld()
const { vault, token } = await staff(world)
const root = createPool({ ...world.database.superuser, max: 1 })
const inspection = new Inspection(world)
t.teardown(async () => {
  await inspection.close()
  await root.close()
  await world.close()
})
await root.query('SET session_replication_role = replica')
for (let n = 0; n < 3; n++)
  await world.call('POST', `/vaults/${vault}/objects`, { token, body: form(`x${n}`) })

interface Difference {
  kind: string
  seq: number | null
  object?: string
  found?: string
}
const found = async () =>
  (await inspection.differences()).map((text) => JSON.parse(text) as Difference)

void t.test('a node of the tree, and a leaf’s hash beside its trace', async (t) => {
  t.same(await found(), [])
  const flip = (table: string, column: string, where: string) =>
    root.query(`UPDATE ${table} SET ${column} = set_byte(${column}, 3, get_byte(${column}, 3) # 1)
      WHERE ${where}`)
  await flip('journal.interior_nodes', 'hash', 'level = 1 AND index = 1')
  await flip('journal.traces', 'leaf', 'seq = 1')
  t.match(await found(), [
    { kind: 'tiles-altered', seq: 1, expected: /node 1 of level 0 of the SHA-256 tree/ },
    { kind: 'tiles-altered', seq: 2, expected: /node 1 of level 1 of the SHA-256 tree/ },
  ])
  await flip('journal.interior_nodes', 'hash', 'level = 1 AND index = 1')
  await flip('journal.traces', 'leaf', 'seq = 1')
})

void t.test('an object that no trace tells of, wherever it says that its trace is', async (t) => {
  const id = '11111111-2222-4333-8444-555555555555'
  await root.query(
    `CREATE TEMP TABLE fabricated AS SELECT * FROM vault.objects LIMIT 1;
     UPDATE fabricated SET id = '${id}', deposit_seq = 900000;
     INSERT INTO vault.objects SELECT * FROM fabricated`,
  )
  t.match(await found(), [{ kind: 'unjournalled-object', object: id, seq: 900_000 }])
  await root.query(`DELETE FROM vault.objects WHERE id = $1`, [id])
})

void t.test('a trace tells of each kind once, with both sides of the first', (t) => {
  const of = (kind: 'tiles-altered' | 'gap', seq: number | null) => ({
    ...{ kind, seq, answer: 'invalid' as const },
    expected: `what was written at ${String(seq)}`,
    found: 'x'.repeat(600),
  })
  const object = (seq: number, name: string) => ({
    ...{ kind: 'metadata-altered' as const, seq, object: name, what: `wrong at ${seq}` },
  })
  t.same(
    differences(
      [of('tiles-altered', 9), of('tiles-altered', 4), of('gap', null)],
      [object(7, 'b'), object(7, 'b'), object(6, 'a')],
    ),
    [
      {
        ...{ kind: 'gap', firstBadSeq: null, objects: [] },
        ...{ expected: 'what was written at null', found: 'x'.repeat(500) },
      },
      {
        ...{ kind: 'metadata-altered', firstBadSeq: 6, objects: ['b', 'a'] },
        ...{ expected: 'the object as it was deposited', found: 'wrong at 6' },
      },
      {
        ...{ kind: 'tiles-altered', firstBadSeq: 4, objects: [] },
        ...{ expected: 'what was written at 4', found: 'x'.repeat(500) },
      },
    ],
  )
  t.end()
})
