import t from 'tap'
import { form } from '../world.ts'
import { alteredWorld } from './altered-world.ts'

const { world, root, inspection, vault, token } = await alteredWorld()

async function deposit(): Promise<string> {
  const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body: form('x') })
  return ((await answer.json()) as { id: string }).id
}
const findings = async () =>
  (await inspection.differences()).map((text) => {
    const { kind, object, what } = JSON.parse(text) as Record<string, string>
    return `${kind ?? ''} ${object ?? ''}: ${what ?? ''}`
  })

void t.test('a document whose row was removed is missed', async (t) => {
  const id = await deposit()
  const other = await deposit()
  t.same(await findings(), [])
  await root.query(`DELETE FROM vault.objects WHERE id = $1`, [id])
  const expected = [
    `integrity-failure-on-box ${id}: it was deposited, and the store has no such object`,
  ]
  t.same(await findings(), expected)
  await root.query(`UPDATE journal.traces SET act = 'count', object = NULL WHERE object = $1`, [id])
  const changed = ['metadata-altered : ', 'metadata-altered : ']
  t.same(
    await findings(),
    [...changed, ...expected],
    'also when the journal’s columns no longer tell of it',
  )
  await root.query(`UPDATE vault.objects SET deposit_seq = 1000000 WHERE id = $1`, [other])
  t.match((await findings()).join(), other, 'a row out of the reach of the check is missed too')
})
