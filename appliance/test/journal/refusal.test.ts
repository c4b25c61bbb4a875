import { createPool } from '@probant/postgres'
import t from 'tap'
import { createWorld, form, staff } from '../world.ts'

const world = await createWorld()
const { vault, token } = await staff(world)
const root = createPool({ ...world.database.superuser, max: 1 })
t.teardown(async () => {
  await root.close()
  await world.close()
})

const deposit = async () =>
  (await world.call('POST', `/vaults/${vault}/objects`, { token, body: form('x') })).status
const refusal = (afterMs = 0) => world.box.journal.refusal(afterMs)

void t.test(
  'a journal that the database refuses says so, until it takes traces again',
  async (t) => {
    t.equal(await deposit(), 201)
    t.equal(await refusal(), undefined)
    await root.query('REVOKE INSERT ON journal.traces FROM box_service')
    t.equal(await refusal(), undefined, 'nobody asked for anything yet')
    t.equal(await deposit(), 503)
    t.match(await refusal(), /can't be written: .*permission denied/)
    t.equal(await refusal(3_600_000), undefined, 'not for that long yet')
    await root.query('GRANT INSERT ON journal.traces TO box_service')
    t.equal(await refusal(), undefined, 'it would be taken, so nothing is wrong any more')
    t.equal(await deposit(), 201, 'and the trial left nothing behind')
  },
)

void t.test('nor is a trace that is swallowed taken for one that is written', async (t) => {
  await root.query('REVOKE INSERT ON journal.traces FROM box_service')
  await deposit()
  await root.query('GRANT INSERT ON journal.traces TO box_service')
  await root.query(
    `CREATE FUNCTION journal.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER swallowing BEFORE INSERT ON journal.traces
       FOR EACH ROW EXECUTE FUNCTION journal.swallow()`,
  )
  t.match(await refusal(), /a trace that is written is not there/)
  await root.query('DROP FUNCTION journal.swallow() CASCADE')
  t.equal(await deposit(), 201)
})
