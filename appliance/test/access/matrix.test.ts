import t from 'tap'
import { createWorld, form } from '../world.ts'
import { CALLERS, ROLES_TOGETHER, ROUTES, type Line, type Name, type Place } from './routes.ts'

/** Every route that the server registers × every role × own or other vault, and without a credential. */
const REQUESTS_AT_ONCE = 16
const ROLES = {
  member: 'user',
  auditor: 'auditor',
  functional: 'functional-administrator',
  technical: 'technical-administrator',
} as const

const world = await createWorld()
t.teardown(() => world.close())
const admin = world.identity.adminToken

async function made<T>(path: string, json: unknown): Promise<T> {
  const answer = await world.call('POST', path, { token: admin, json })
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  return (await answer.json()) as T
}
const password = 'a password of the tests'
const tokenOf = (user: string, label: string) =>
  made<{ id: string; token: string }>('/tokens', { user, label, expiresInDays: 1 })
const person = async (user: string, role: string) => {
  const { id } = await made<{ id: string }>('/users', { user, name: user, password, roles: [role] })
  return { id, token: (await tokenOf(id, 'matrix')).token }
}
const callers = new Map<Name | 'custom', { id: string; token: string }>()
const { permissions } = (await (await world.call('GET', '/roles', { token: admin })).json()) as {
  permissions: string[]
}
await made('/roles', { name: 'everything', label: 'Everything', permissions })
callers.set('custom', await person('custom', 'everything'))
for (const name of CALLERS) callers.set(name, await person(name, ROLES[name]))
const member = callers.get('member')
const keeper = await person('keeper', 'user')
const bystander = await person('bystander', 'user')

async function vaultOf({ id, token }: { id: string; token: string }, name: string) {
  const vault = await made<{ id: string }>('/vaults', { name })
  const rights = ['deposit', 'read', 'organise', 'destroy']
  await world.call('PUT', `/vaults/${vault.id}/members/${id}`, { token: admin, json: { rights } })
  const kept = await world.call('POST', `/vaults/${vault.id}/objects`, {
    token,
    body: form('kept'),
  })
  return { vault: vault.id, object: ((await kept.json()) as { id: string }).id }
}
const vaults = {
  own: await vaultOf(member ?? keeper, 'own'),
  other: await vaultOf(keeper, 'other'),
}

interface Trial {
  readonly route: string
  readonly line: Line
  readonly caller: Name | 'custom' | 'nobody'
  readonly where: keyof typeof vaults
}

/** 'may', or the status that says no. */
function expected({ line, caller, where }: Trial): 'may' | 401 | 403 | 404 {
  if (line.of === 'everybody') return 'may'
  if (caller === 'nobody') return 401
  if (line.of === 'sessions') return 403
  if (line.of === 'whoever signed in') return 'may'
  if (line.of === 'vault' && caller === 'member' && where === 'other') return 404
  const may =
    caller === 'custom'
      ? ROLES_TOGETHER.some((each) => line.may.includes(each))
      : line.may.includes(caller)
  return may ? 'may' : (line.refusal ?? 403)
}

let tried = 0
async function attempt({ route, line, caller, where }: Trial): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  const fresh = `m${(tried += 1)}`
  const token = path.includes('{token}') ? (await tokenOf(bystander.id, fresh)).id : ''
  const place: Place = { ...vaults[where], user: bystander.id, token, fresh }
  const named = new Map<string, string>([
    ...Object.entries(place),
    ['id', place.object],
    ['key', 'no-such-key'],
    ['role', 'no-such-role'],
    ['file', '1'],
  ])
  const at = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => named.get(name) ?? bystander.id)
  const credential = caller === 'nobody' ? undefined : callers.get(caller)?.token
  const answer = await world.call(method, at, {
    ...line.send?.(place),
    ...(credential === undefined ? {} : { token: credential }),
  })
  await answer.arrayBuffer()
  return answer.status
}

const { paths } = (await (await world.call('GET', '/openapi.json')).json()) as {
  paths: Record<string, Record<string, unknown>>
}
const registered = Object.entries(paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`),
)

await t.test('each registered route has its line, and each line its route', (t) => {
  t.same(
    registered.filter((route) => ROUTES[route] === undefined),
    [],
    'routes without a line',
  )
  t.same(
    Object.keys(ROUTES).filter((route) => !registered.includes(route)),
    [],
    'lines without a route',
  )
  t.ok(registered.length > 30)
  t.end()
})

await t.test(
  'who may, may; who may not is refused as the table says, and leaves a trace',
  async (t) => {
    const trials = Object.entries(ROUTES)
      .flatMap(([route, line]) =>
        [...callers.keys(), 'nobody' as const].flatMap((caller) =>
          (['own', 'other'] as const).map((where) => ({ route, line, caller, where })),
        ),
      )
      .filter(({ route }) => route !== 'POST /sessions')
    const refusals = new Map<string, number>()
    const wrong: string[] = []
    const judge = async (trial: Trial) => {
      const wanted = expected(trial)
      const status = await attempt(trial)
      const isRight =
        wanted === 'may' ? ![401, 403].includes(status) && status < 500 : status === wanted
      const { route, line, caller, where } = trial
      if (!isRight) wrong.push(`${route} by ${caller}, ${where} vault: ${status}, not ${wanted}`)
      const isForbidden = wanted === 404 || (wanted === 403 && line.of !== 'sessions')
      if (isForbidden) refusals.set(caller, (refusals.get(caller) ?? 0) + 1)
    }
    for (let start = 0; start < trials.length; start += REQUESTS_AT_ONCE)
      await Promise.all(trials.slice(start, start + REQUESTS_AT_ONCE).map(judge))
    t.same(wrong, [])
    for (const [name, { id }] of callers) {
      const { rows } = await world.box.database.query<{ count: number }>(
        `SELECT count(*) AS count FROM journal.traces t JOIN journal.openings o ON o.seq = t.seq AND o.field = 'actor'
       WHERE o.value = $1 AND t.outcome = 'refused' AND convert_from(t.bytes, 'UTF8')::json #>> '{data,reason}' = 'forbidden'`,
        [Buffer.from(id)],
      )
      t.ok((refusals.get(name) ?? 0) > 3)
      t.equal(rows[0]?.count, refusals.get(name), `refusals of ${name}`)
    }
  },
)
