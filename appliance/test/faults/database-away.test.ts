import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { form, staff } from '../world.ts'
import { BoxWithServer } from './own-server.ts'

/** How the server goes away: crashed, stopped at once, stopped in order. */
const ENDS = ['SIGKILL', 'SIGQUIT', 'SIGINT', 'SIGKILL'] as const
const CLIENTS_PER_KIND = 3

const own = await BoxWithServer.make()
const { identity } = own
t.setTimeout(180_000)
t.teardown(() => own.remove())

void t.test(
  'the database server is killed under requests of each kind: 503, or the work done',
  async (t) => {
    let service = await own.startService()
    const send = (method: string, path: string, token: string, body?: BodyInit, type?: string) =>
      fetch(`http://127.0.0.1:${service.port ?? 0}/api/v1${path}`, {
        method,
        headers: {
          ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
          ...(type === undefined ? {} : { 'content-type': type }),
        },
        ...(body === undefined ? {} : { body }),
      })
    const call: Parameters<typeof staff>[0]['call'] = (method, path, { token = '', json } = {}) =>
      send(method, path, token, JSON.stringify(json), 'application/json')
    const { vault, token, auditorToken } = await staff({ identity, call })
    const objects = `/vaults/${vault}/objects`
    const deposit = () => send('POST', objects, token, form('conservé'))
    const { id } = (await (await deposit()).json()) as { id: string }
    const signIn = JSON.stringify({ user: 'nobody', password: 'unknown' })
    const name = () => JSON.stringify({ name: 'Essais' })
    const kinds: Record<string, () => Promise<Response>> = {
      deposit,
      list: () => send('GET', objects, token),
      count: () => send('GET', `${objects}/count`, token),
      get: () => send('GET', `${objects}/${id}`, token),
      content: () => send('GET', `${objects}/${id}/content`, token),
      proof: () => send('GET', `${objects}/${id}/proof`, token),
      check: () => send('POST', `${objects}/${id}/integrity-checks`, token),
      vaults: () => send('GET', '/vaults', token),
      vault: () => send('GET', `/vaults/${vault}`, token),
      rename: () =>
        send('PATCH', `/vaults/${vault}`, identity.adminToken, name(), 'application/json'),
      'wrong token': () => send('GET', objects, 'nobodys'),
      session: () => send('GET', '/sessions/current', token),
      'sign-in': () => send('POST', '/sessions', '', signIn, 'application/json'),
      journal: () => send('GET', `/vaults/${vault}/journal`, auditorToken),
      'whole journal': () => send('GET', '/journal', auditorToken),
      head: () => send('GET', '/journal/head', auditorToken),
      users: () => send('GET', '/users', identity.adminToken),
    }
    const strange: string[] = []
    const told = new Map<string, number>()
    const healthy = new Map<string, number>()
    for (const signal of ENDS) {
      let isOver = false
      const clients = Object.entries(kinds).flatMap(([kind, ask]) =>
        Array.from({ length: CLIENTS_PER_KIND }, async () => {
          while (!isOver) {
            const answer = await ask().catch(() => undefined)
            const text = (await answer?.text().catch(() => '')) ?? ''
            if (answer === undefined) await delay(20)
            else if (answer.status < 500) healthy.set(kind, (healthy.get(kind) ?? 0) + 1)
            else {
              const isProblem = answer.headers.get('content-type')?.includes('problem+json')
              if (answer.status !== 503 || isProblem !== true)
                strange.push(`${kind}: ${answer.status} ${text}`)
              told.set(kind, (told.get(kind) ?? 0) + 1)
              await delay(20)
            }
          }
        }),
      )
      await delay(1500)
      await own.endServer(signal)
      await delay(700)
      // a commit in doubt ends the service
      let ended = await Promise.race([service.ended, delay(100)])
      // on a busy machine a password takes longer to be hashed than that
      const isEachTold = () => told.size === Object.keys(kinds).length
      for (let waited = 0; waited < 100 && ended === undefined && !isEachTold(); waited += 1)
        ended = await Promise.race([service.ended, delay(100)])
      await own.startServer()
      if (ended !== undefined) service = await own.startService()
      await delay(300)
      isOver = true
      await Promise.all(clients)
      t.comment(`${signal}: ${ended === undefined ? 'it went on' : 'it was started again'}`)
    }
    t.same(strange, [])
    t.same([...healthy.keys()].sort(), Object.keys(kinds).sort(), 'each kind was answered')
    t.same([...told.keys()].sort(), Object.keys(kinds).sort(), 'and each was refused meanwhile')
    await service.stop()
  },
)
