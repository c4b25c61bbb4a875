import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createWorld, form } from '../world.ts'

const world = await createWorld()
t.teardown(() => world.close())
const admin = world.identity.adminToken
const password = 'a password of the tests'

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}
async function call(method: string, path: string, token: string, json?: unknown): Promise<Answer> {
  const answer = await world.call(method, path, {
    token,
    ...(json === undefined ? {} : { json }),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
  }
}
async function made(path: string, json: unknown): Promise<Record<string, string>> {
  const { status, body } = await call('POST', path, admin, json)
  if (status !== 201) throw new Error(`${path}: ${JSON.stringify(body)}`)
  return body as Record<string, string>
}
const tokenIdOf = async (user: string) =>
  (await made('/tokens', { user, label: 'test', expiresInDays: 1 }))['id'] ?? ''
const idOf = async (path: string, json: unknown) => (await made(path, json))['id'] ?? ''
const person = (user: string, ...roles: string[]) =>
  idOf('/users', { user, name: user, password, roles: roles.length === 0 ? ['user'] : roles })
const tokenOf = async (user: string) =>
  (await made('/tokens', { user, label: 'test', expiresInDays: 1 }))['token'] ?? ''

const vault = await idOf('/vaults', { name: 'Etude' })
const other = await idOf('/vaults', { name: 'Autre' })
const objects = `/vaults/${vault}/objects`
const lea = await person('lea')
const leaToken = await tokenOf(lea)
const give = (what: string, rights: string[], more: object = {}) =>
  call('PUT', `/vaults/${vault}/${what}`, admin, { rights, ...more })
await give(`members/${lea}`, ['deposit', 'read'])
const deposited = await world.call('POST', objects, { token: leaToken, body: form('kept') })
const { id: object } = (await deposited.json()) as { id: string }
const content = `${objects}/${object}/content`

const last = async (act: string) => {
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = $1 ORDER BY seq DESC LIMIT 1`,
    [act],
  )
  return JSON.parse(rows[0]?.bytes.toString() ?? '{}') as {
    outcome: string
    data: Record<string, unknown>
  }
}

await t.test('a group’s rights are its members’, from when they come until they go', async (t) => {
  const max = await person('max')
  const token = await tokenOf(max)
  const group = await idOf('/groups', { name: 'Notaires' })
  await give(`groups/${group}`, ['read'])
  t.equal((await call('GET', content, token)).status, 404)
  t.equal((await call('PUT', `/groups/${group}/members/${max}`, admin)).status, 204)
  t.equal((await call('GET', content, token)).status, 200)
  t.same((await call('GET', `/groups/${group}`, admin)).body['members'], [max])
  const listed = (await call('GET', '/vaults', token)).body['items'] as { id: string }[]
  t.same(
    listed.map(({ id }) => id),
    [vault],
  )
  t.equal((await call('DELETE', `/groups/${group}/members/${max}`, admin)).status, 204)
  t.equal((await call('GET', content, token)).status, 404)
  await call('PUT', `/groups/${group}/members/${max}`, admin)
  t.equal((await call('DELETE', `/groups/${group}`, admin)).status, 204)
  t.equal((await call('GET', content, token)).status, 404)
  t.equal((await call('POST', '/groups', admin, { name: 'Deux' })).status, 201)
  t.equal((await call('POST', '/groups', admin, { name: 'Deux' })).status, 409)
})

await t.test('nobody gives rights to themselves, nor by way of a group', async (t) => {
  const boss = await person('boss', 'functional-administrator')
  const token = await tokenOf(boss)
  const group = await idOf('/groups', { name: 'Direction' })
  await give(`groups/${group}`, ['read'])
  t.equal((await call('PUT', `/groups/${group}/members/${boss}`, token)).status, 403)
  t.match(await last('group-changed'), { outcome: 'refused', data: { reason: 'own-rights' } })
  await call('PUT', `/groups/${group}/members/${boss}`, admin)
  const rights = { rights: ['deposit', 'read'] }
  t.equal((await call('PUT', `/vaults/${vault}/groups/${group}`, token, rights)).status, 403)
  t.equal((await call('PUT', `/vaults/${vault}/members/${boss}`, token, rights)).status, 403)
})

await t.test('rights begin and end at their dates', async (t) => {
  const tom = await person('tom')
  const token = await tokenOf(tom)
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  const status = async () => (await call('GET', content, token)).status
  await give(`members/${tom}`, ['read'], { from: at(3_600_000) })
  t.equal(await status(), 404, 'not yet')
  t.equal((await call('GET', `/vaults/${vault}`, token)).status, 404)
  t.same((await call('GET', '/vaults', token)).body['items'], [])
  await give(`members/${tom}`, ['read'], { until: at(700) })
  t.equal(await status(), 200)
  await delay(800)
  t.equal(await status(), 404, 'no longer, though nobody did anything')
  const wrong = await give(`members/${tom}`, ['read'], { from: at(5000), until: at(1000) })
  t.match(wrong, { status: 422, body: { type: 'urn:probant:problem:rights-refused' } })
  const listed = (await call('GET', `/vaults/${vault}/rights`, admin)).body['items']
  t.match(JSON.stringify(listed), `{"user":"${lea}","rights":["deposit","read"]`)
})

await t.test(
  'a custom role gives its permissions, and never content or descriptions',
  async (t) => {
    for (const permission of ['read-content', 'read-description', 'deposit', 'nonsense']) {
      const json = { name: 'spy', label: 'x', permissions: ['list', permission] }
      const answer = await call('POST', '/roles', admin, json)
      t.match(
        answer,
        { status: 422, body: { type: 'urn:probant:problem:role-refused' } },
        permission,
      )
    }
    t.match(await last('role-created'), { outcome: 'refused', data: { reason: 'not-for-roles' } })
    const json = { name: 'counter', label: 'Compteur', permissions: ['see', 'list'] }
    t.equal((await call('POST', '/roles', admin, json)).status, 201)
    const ida = await person('ida', 'counter')
    const token = await tokenOf(ida)
    const found = await call('GET', objects, token)
    t.equal(found.status, 200)
    t.notMatch(JSON.stringify(found.body), /Essai|essai/)
    t.equal((await call('GET', `${objects}/${object}/proof`, token)).status, 403)
    const changed = await call('PATCH', '/roles/counter', admin, { permissions: ['see', 'prove'] })
    t.equal(changed.status, 200)
    t.equal((await call('GET', objects, token)).status, 403, 'at once')
    t.equal((await call('GET', `${objects}/${object}/proof`, token)).status, 200)
    await world.box.database.query(
      `UPDATE vault.roles SET permissions = '{see,list,read-content,read-description}' WHERE name = 'counter'`,
    )
    await delay(150)
    t.notMatch(JSON.stringify((await call('GET', objects, token)).body), /Essai|essai/)
    t.equal((await call('GET', content, token)).status, 403, 'whoever wrote it into the database')
    t.equal((await call('DELETE', '/roles/counter', admin)).status, 409, 'somebody has it')
    t.equal((await call('PATCH', `/users/${ida}`, admin, { roles: ['user'] })).status, 200)
    t.equal((await call('DELETE', '/roles/counter', admin)).status, 204)
    t.equal((await call('PATCH', '/roles/auditor', admin, { label: 'x' })).status, 409)
    t.equal((await call('PATCH', `/users/${ida}`, admin, { roles: ['counter'] })).status, 422)
  },
)

await t.test('who administers people alone makes no administrator of anybody', async (t) => {
  await made('/roles', { name: 'desk', label: 'Accueil', permissions: ['administer-people'] })
  const desk = await person('desk', 'desk')
  const token = await tokenOf(desk)
  const newcomer = { user: 'new', name: 'New', password, roles: ['user'] }
  t.equal((await call('POST', '/users', token, newcomer)).status, 201)
  const more = { ...newcomer, user: 'more', roles: ['technical-administrator'] }
  t.equal((await call('POST', '/users', token, more)).status, 403)
  t.equal((await call('PATCH', `/users/${desk}`, token, { roles: ['auditor'] })).status, 403)
  const auditor = await person('aud', 'auditor')
  const asking = { user: auditor, label: 'x', expiresInDays: 1 }
  t.equal(
    (await call('POST', '/tokens', token, asking)).status,
    403,
    'to act as somebody who may more',
  )
  t.equal(
    (await call('POST', `/users/${auditor}/sign-in-reset`, token, { newPassword: password }))
      .status,
    403,
  )
})

await t.test(
  'a disabled user’s tokens and sessions stop at once, and don’t come back',
  async (t) => {
    const eva = await person('eva')
    await give(`members/${eva}`, ['read'])
    const token = await tokenOf(eva)
    const signIn = () => world.call('POST', '/sessions', { json: { user: 'eva', password } })
    const session = (await signIn()).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const bySession = () => world.call('GET', content, { headers: { cookie: session } })
    t.equal((await bySession()).status, 200)
    const closed = await call('PATCH', `/users/${eva}`, admin, { disabled: true, name: 'Eva B.' })
    t.match(closed, { status: 200, body: { disabled: true, name: 'Eva B.' } })
    t.match(await last('user-changed'), { data: { changed: ['disabled', 'name'], disabled: true } })
    t.notMatch(JSON.stringify(await last('user-changed')), /Eva/)
    t.equal((await call('GET', content, token)).status, 401)
    t.equal((await bySession()).status, 401)
    t.equal((await signIn()).status, 401)
    await call('PATCH', `/users/${eva}`, admin, { disabled: false })
    t.equal((await call('GET', content, token)).status, 401)
    t.equal((await bySession()).status, 401)
    t.equal((await signIn()).status, 201)
  },
)

await t.test(
  'a token does what it is for, where it is for, from where it is for',
  async (t: Test) => {
    const issue = async (more: object) => {
      const { status, body } = await call('POST', '/tokens', leaToken, {
        label: 'script',
        expiresInDays: 1,
        ...more,
      })
      t.equal(status, 201, JSON.stringify(body))
      return body as { id: string; token: string }
    }
    await call('PUT', `/vaults/${other}/members/${lea}`, admin, { rights: ['read'] })
    const depositing = await issue({ permissions: ['deposit'] })
    t.equal(
      (await world.call('POST', objects, { token: depositing.token, body: form('by script') }))
        .status,
      201,
    )
    t.equal((await call('GET', content, depositing.token)).status, 403)
    t.equal(
      (await call('POST', '/tokens', depositing.token, { label: 'x', expiresInDays: 1 })).status,
      403,
      'it gives itself no more',
    )
    t.match(await last('access'), { outcome: 'refused', data: { reason: 'forbidden' } })
    const inVault = await issue({ vault })
    t.equal((await call('GET', content, inVault.token)).status, 200)
    t.equal((await call('GET', `/vaults/${other}/objects`, leaToken)).status, 200)
    t.equal((await call('GET', `/vaults/${other}/objects`, inVault.token)).status, 404)
    const listed = (await call('GET', '/vaults', inVault.token)).body['items'] as { id: string }[]
    t.same(
      listed.map(({ id }) => id),
      [vault],
    )
    const elsewhere = await issue({ networks: ['10.0.0.0/8', '2001:db8::/32'] })
    t.match(await call('GET', content, elsewhere.token), {
      status: 403,
      body: { type: 'urn:probant:problem:other-network' },
    })
    t.match(await last('access'), { outcome: 'refused', data: { reason: 'credential-network' } })
    const here = await issue({ networks: ['127.0.0.0/8', '::1/128'] })
    t.equal((await call('GET', content, here.token)).status, 200)
    const wider = { label: 'from anywhere', expiresInDays: 1 }
    t.equal((await call('POST', '/tokens', here.token, wider)).status, 403, 'nor from elsewhere')
    for (const wrong of [
      { networks: ['10.0.0.1/8'] },
      { networks: ['here'] },
      { permissions: ['all'] },
    ])
      t.equal(
        (await call('POST', '/tokens', leaToken, { label: 'x', expiresInDays: 1, ...wrong }))
          .status,
        422,
      )
    const unknown = { vault: '00000000-0000-4000-8000-000000000000' }
    t.equal(
      (await call('POST', '/tokens', leaToken, { label: 'x', expiresInDays: 1, ...unknown }))
        .status,
      404,
    )
    const own = (await call('GET', '/tokens', leaToken)).body['items'] as {
      id: string
      user: string
    }[]
    t.ok(own.length >= 5 && own.every(({ user }) => user === lea), 'one’s own, and no others’')
    t.equal((await call('DELETE', `/tokens/${here.id}`, leaToken)).status, 204)
    t.equal((await call('GET', content, here.token)).status, 401)
    const others = await call(
      'DELETE',
      `/tokens/${await tokenIdOf(lea)}`,
      await tokenOf(await person('zoe')),
    )
    t.equal(others.status, 404)
  },
)

await t.test('the last administrator stays', async (t) => {
  const users = (await call('GET', '/users', admin)).body['items'] as {
    id: string
    user: string
    roles: string[]
  }[]
  const administrators = users.filter(({ roles }) =>
    roles.some((role) => role.endsWith('-administrator')),
  )
  const first = administrators.find(({ user }) => user === 'admin')
  for (const { id } of administrators)
    if (id !== first?.id) await call('PATCH', `/users/${id}`, admin, { roles: ['user'] })
  for (const change of [{ disabled: true }, { roles: ['auditor'] }]) {
    const answer = await call('PATCH', `/users/${first?.id ?? ''}`, admin, change)
    t.match(answer, { status: 409, body: { type: 'urn:probant:problem:conflict' } })
  }
  t.match(await last('user-changed'), { outcome: 'refused', data: { reason: 'conflict' } })
  await made('/roles', {
    name: 'chief',
    label: 'Chef',
    permissions: ['administer-people', 'administer-roles'],
  })
  const chief = await tokenOf(await person('chief', 'chief'))
  t.equal((await call('PATCH', `/users/${first?.id ?? ''}`, chief, { disabled: true })).status, 200)
  const answer = await call('PATCH', '/roles/chief', chief, { permissions: ['administer-people'] })
  t.equal(answer.status, 409, 'nor by way of the role')
  t.equal(
    (await call('PATCH', `/users/${first?.id ?? ''}`, chief, { disabled: false })).status,
    200,
  )
})
