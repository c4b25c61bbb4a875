import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { openProvider, type KeyProvider } from '@probant/keys'
import { connectToCentre, fingerprint } from '../../src/ssh/connection.ts'
import { ProviderKeyAgent, sshPublicKey } from '../../src/ssh/signing-key.ts'
import { newHostKey } from '../fixtures/centre.ts'
import { World } from '../fixtures/world.ts'

async function anotherKey(provider: KeyProvider): Promise<ProviderKeyAgent> {
  const key = await provider.generate('stolen', 'ec-p256')
  return new ProviderKeyAgent(provider, key, sshPublicKey(await provider.publicKey(key)))
}

await t.test('another host key is refused and told', async (t) => {
  const world = await World.open(t)
  await world.box.append(3)
  const settings = world.settings()
  const other = newHostKey().blob
  if (settings.centre === null) return
  const agent = await world.agent({
    centre: { ...settings.centre, hostKey: other.toString('base64') },
  })
  await t.rejects(agent.ship(), {
    code: 'host-key-mismatch',
    message: fingerprint(Buffer.from(world.centre.hostKey, 'base64')),
  })
  t.match(await agent.status(), { findings: [{ kind: 'wrong-key' }] })
  t.strictSame(world.centre.received, [], 'nothing was sent to it')
  t.match(world.appliance.findings, [{ kind: 'wrong-key' }])
})

await t.test('a centre that does not know the key', async (t) => {
  const world = await World.open(t)
  const provider = await openProvider({ provider: 'software', folder: `${world.folder}/other` })
  t.teardown(() => provider.close())
  const { centre } = world
  await t.rejects(
    connectToCentre(
      { host: '127.0.0.1', port: centre.port, hostKey: centre.hostKey },
      'box-7',
      await anotherKey(provider),
    ),
    { code: 'refused-by-centre' },
  )
  t.strictSame(centre.refusedKeys, ['ecdsa-sha2-nistp256'], 'one key, one method')
})

await t.test('nobody there, or somebody who says nothing', async (t) => {
  const world = await World.open(t)
  const provider = await openProvider({ provider: 'software', folder: `${world.folder}/other` })
  t.teardown(() => provider.close())
  const key = await anotherKey(provider)
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const centre = { host: '127.0.0.1', port, hostKey: world.centre.hostKey }
  await t.rejects(connectToCentre(centre, 'box-7', key, 300), { code: 'centre-unreachable' })
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => silent.close(resolve))
  await t.rejects(connectToCentre(centre, 'box-7', key), { code: 'centre-unreachable' })
  const noKey = { ...centre, hostKey: 'AAAA' }
  await t.rejects(connectToCentre(noKey, 'box-7', key), { code: 'not-enrolled' })
})
