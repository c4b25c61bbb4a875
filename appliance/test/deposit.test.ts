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
