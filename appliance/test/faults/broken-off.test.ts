import { request, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createWorld, form, staff } from '../world.ts'
import { openFiles } from './open-files.ts'

const DOCUMENT_BYTES = 40 * 1024 * 1024

const world = await createWorld()
t.teardown(() => world.close())
const { vault, token } = await staff(world)
const { port } = new URL((await world.call('GET', '/sessions/current')).url)
const answer = await world.call('POST', `/vaults/${vault}/objects`, {
  token,
  body: form(new Uint8Array(DOCUMENT_BYTES).fill(7)),
})
const { id } = (await answer.json()) as { id: string }

/** Asks for a document and goes away when it begins to come. */
async function breakOff(
  path: string,
  headers: Record<string, string> = {},
  json?: unknown,
): Promise<number> {
  const coming = await new Promise<IncomingMessage>((resolve, reject) => {
    const url = `http://127.0.0.1:${port}/api/v1/vaults/${vault}${path}`
    const asked = request(
      url,
      {
        method: json === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, ...headers },
      },
      resolve,
    )
    asked.on('error', reject).end(json === undefined ? undefined : JSON.stringify(json))
  })
  await new Promise((resolve) => coming.once('readable', resolve))
  // enough for every buffer on the way to be full
  await delay(200)
  coming.destroy()
  return coming.statusCode ?? 0
}

const object = `/objects/${id}`
const json = { 'content-type': 'application/json' }
for (const [what, path, headers, status, body] of [
  ['a document', `${object}/content`, {}, 200],
  ['a range of it', `${object}/content`, { range: 'bytes=1000-' }, 206],
  ['its bundle', `${object}/proof`, {}, 200],
  ['a collection with it', '/proofs', json, 200, { objects: [id] }],
] as const)
  void t.test(`${what}, broken off by its reader, is closed`, async (t) => {
    t.equal(await breakOff(path, headers, body), status)
    let held = await openFiles(world.settings.home)
    for (let tries = 0; tries < 100 && held.length > 0; tries += 1) {
      await delay(20)
      held = await openFiles(world.settings.home)
    }
    t.same(held, [])
  })
