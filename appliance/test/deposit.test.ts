import t from 'tap'
import { createWorld, form, staff } from './world.ts'

const world = await createWorld()
t.teardown(() => world.close())
const { vault, token } = await staff(world)

await t.test('what is deposited is read back byte for byte', async (t) => {
  const answer = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form('bonjour'),
  })
  const text = await answer.text()
  t.equal(answer.status, 201, text)
  const { id } = JSON.parse(text) as { id: string }
  const read = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
  t.equal(await read.text(), 'bonjour')
})

await t.test(
  'a file on somebody’s disk is compared by its bytes or by its digests alone',
  async (t) => {
    const answer = await world.call('POST', `/vaults/${vault}/objects`, {
      token,
      body: form('to compare'),
    })
    const { id, digests } = (await answer.json()) as { id: string; digests: object }
    const compared = async (options: Parameters<typeof world.call>[2]) =>
      (
        await world.call('POST', `/vaults/${vault}/comparisons`, { token, ...options })
      ).json() as Promise<unknown>
    t.same(await compared({ json: { digests } }), { identical: [id] })
    const file = new FormData()
    file.append('file', new Blob(['to compare']), 'x')
    t.same(await compared({ body: file }), { identical: [id] })
    const other = { sha256: '00'.repeat(32), 'sha3-256': '00'.repeat(32) }
    t.same(await compared({ json: { digests: other } }), { identical: [] })
    const refused = await world.call('POST', `/vaults/${vault}/comparisons`, { token, json: {} })
    t.equal(refused.status, 400)
  },
)

await t.test('traces commit to people, and never name them', async (t) => {
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    'SELECT bytes FROM journal.traces ORDER BY seq',
  )
  const { rows: users } = await world.box.database.query<{ id: string; name: string }>(
    'SELECT id, name FROM vault.users',
  )
  const journal = rows.map((row) => row.bytes.toString()).join('\n')
  for (const { id, name } of users) {
    t.notOk(journal.includes(id), 'no identifier')
    t.notOk(journal.includes(name), 'no name')
  }
  t.notOk(journal.includes('127.0.0.1'), 'no address')
})
