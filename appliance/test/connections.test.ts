import { Agent, request } from 'node:http'
import t from 'tap'
import { createWorld, staff } from './world.ts'

const MIB = 1024 * 1024
const world = await createWorld({
  limits: { objectBytes: MIB, metadataBytes: 4096, pendingDeposits: 64 },
})
const { vault, token } = await staff(world)
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
t.teardown(async () => {
  agent.destroy()
  await world.close()
})
const { port } = new URL((await world.call('GET', '/sessions/current')).url)

/** One request on the one connection. */
async function call(
  method: string,
  path: string,
  body?: string,
  authorization = `Bearer ${token}`,
): Promise<{ status: number; isReused: boolean }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ agent, method, host: '127.0.0.1', port, path: `/api/v1/vaults/${vault}${path}` },
        headers: {
          authorization,
          ...(body === undefined ? {} : { 'content-type': 'multipart/form-data; boundary=b' }),
        },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, isReused: sent.reusedSocket }),
        )
      },
    )
    sent.setTimeout(10_000, () => sent.destroy(new Error('no answer in 10 s')))
    sent.on('error', reject)
    sent.end(body)
  })
}

const file = (name: string, sizeBytes: number) =>
  `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n${'x'.repeat(sizeBytes)}\r\n--b--\r\n`
const part = (name: string) =>
  `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n{"title":"x"}\r\n`

const refused: readonly { what: string; path: string; body: string; status: number }[] = [
  {
    what: 'by its file’s name',
    path: '/objects',
    body: part('metadata') + file('a\\b', MIB),
    status: 422,
  },
  {
    what: 'for its size',
    path: '/objects',
    body: part('metadata') + file('a', 3 * MIB),
    status: 422,
  },
  {
    what: 'for an unknown part',
    path: '/objects',
    body: part('surprise') + file('a', MIB),
    status: 422,
  },
  { what: 'in a comparison', path: '/comparisons', body: file('a', 3 * MIB), status: 422 },
]

for (const { what, path, body, status } of refused)
  void t.test(`a form refused ${what} does not hold up its connection`, async (t) => {
    for (let time = 0; time < 3; time += 1) {
      t.equal((await call('POST', path, body)).status, status)
      const next = await call('GET', '/objects/count')
      t.same(next, { status: 200, isReused: true })
    }
  })

void t.test('neither does one that nobody began to read', async (t) => {
  const body = part('metadata') + file('a', MIB)
  t.equal((await call('POST', '/objects', body, 'Bearer none')).status, 401)
  t.same(await call('GET', '/objects/count'), { status: 200, isReused: true })
})
