import { systemClock } from '@probant/host'
import t from 'tap'
import { differences } from '../../src/integrity/differences.ts'
import { form } from '../world.ts'
import { alteredWorld } from './altered-world.ts'

// What a DBA changes beside the journal's own bytes.

const { world, root, inspection, vault, token } = await alteredWorld()
// a refused deposit has no object: what its trace commits to stands beside the trace
const refused = { title: 'x', digests: { sha256: '00'.repeat(32) } }
await world.call('POST', `/vaults/${vault}/objects`, { token, body: form('y', 'y', refused) })
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

void t.test('what stands beside a trace, and what its commitments hide', async (t) => {
  const { rows } = await root.query<{ seq: number }>(
    `SELECT max(seq)::int AS seq FROM journal.openings WHERE field = 'actor'`,
  )
  const seq = rows[0]?.seq ?? 0
  const change = async (statement: string, undo: string, expected: RegExp) => {
    await root.query(statement)
    t.match(await found(), [{ kind: 'metadata-altered', seq, expected }])
    await root.query(undo)
    t.same(await found(), [])
  }
  const where = `WHERE seq = ${seq}`
  await change(
    `UPDATE journal.traces SET outcome = 'refused' ${where}`,
    `UPDATE journal.traces SET outcome = 'done' ${where}`,
    /the outcome that trace/,
  )
  for (const column of ['salt', 'value']) {
    const flip = `UPDATE journal.openings SET ${column} = set_byte(${column}, 0, get_byte(${column}, 0) # 1) ${where}`
    await change(flip, flip, /the actor that trace/)
  }
  await root.query(`DELETE FROM journal.openings ${where}`)
  t.same(await found(), [], 'what is erased is no difference')
})

void t.test('barriers of the database that were lifted', async (t) => {
  const barrier = async (lift: string, restore: string, found_: RegExp) => {
    await root.query(lift)
    t.match(await found(), [{ kind: 'policy-altered', seq: null, found: found_ }])
    await root.query(restore)
    t.same(await found(), [], restore)
  }
  const table = 'journal.traces'
  await barrier(
    `ALTER TABLE ${table} DISABLE TRIGGER traces_append_only`,
    `ALTER TABLE ${table} ENABLE TRIGGER traces_append_only`,
    /switched off/,
  )
  await barrier(
    `DROP TRIGGER traces_append_only ON ${table}`,
    `CREATE TRIGGER traces_append_only BEFORE UPDATE OR DELETE ON ${table}
       FOR EACH ROW EXECUTE FUNCTION journal.refuse_change()`,
    /no such trigger/,
  )
  await barrier(
    `CREATE FUNCTION journal.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER swallowing BEFORE INSERT ON ${table} FOR EACH ROW WHEN (NEW.seq < 0)
       EXECUTE FUNCTION journal.swallow()`,
    `DROP FUNCTION journal.swallow() CASCADE`,
    /swallowing does something else/,
  )
  await barrier(
    `CREATE RULE forgetting AS ON DELETE TO ${table} DO ALSO NOTHING`,
    `DROP RULE forgetting ON ${table}`,
    /the rule forgetting/,
  )
  await barrier(
    `GRANT DELETE ON ${table} TO box_service`,
    `REVOKE DELETE ON ${table} FROM box_service`,
    /it has such a right/,
  )
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

void t.test('a clock that was put back accuses nobody, and hides nothing', async (t) => {
  await world.restart({
    clock: { ...systemClock, nowMs: () => systemClock.nowMs() - 86_400_000 },
  })
  await world.call('POST', `/vaults/${vault}/objects`, { token, body: form('a day ago') })
  await world.restart()
  t.same(await found(), [], 'the bytes are what the box wrote')
  const flip = `UPDATE journal.interior_nodes SET hash = set_byte(hash, 3, get_byte(hash, 3) # 1)
    WHERE level = 1 AND index = 1`
  await root.query(flip)
  t.match(await found(), [{ kind: 'tiles-altered' }])
  await root.query(flip)
})
