import t from 'tap'
import { createWorld, form, staff } from '../world.ts'

const world = await createWorld()
t.teardown(() => world.close())
const { vault, token, userId } = await staff(world)
const admin = world.identity.adminToken
const at = `/vaults/${vault}/folders`

/** Whatever is answered here: a folder, a document, a page of them. */
interface Body {
  readonly id: string
  readonly name: string
  readonly parent: string | null
  readonly path: readonly string[]
  readonly folderId: string | null
  readonly items: readonly Body[]
  readonly nextCursor?: string
}

async function call(
  method: string,
  path: string,
  json?: unknown,
  by = token,
): Promise<{ readonly status: number; readonly body: Body }> {
  const answer = await world.call(method, path, {
    token: by,
    ...(json === undefined ? {} : { json }),
  })
  const text = await answer.text()
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Body }
}
const rights = (given: string[]) =>
  call('PUT', `/vaults/${vault}/members/${userId}`, { rights: given }, admin)
const make = async (name: string, parent: string | null = null) => {
  const { status, body } = await call('POST', at, { name, parent })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body.id
}
const named = async (parent?: string) => {
  const { body } = await call('GET', parent === undefined ? at : `${at}?parent=${parent}`)
  return body.items.map(({ name }) => name)
}
const deposit = async (title: string, folder?: string) => {
  const metadata = { title, ...(folder === undefined ? {} : { folder }) }
  const body = form(title, 'essai.txt', metadata)
  const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
  return { status: answer.status, ...((await answer.json()) as { id: string; type?: string }) }
}
const inFolder = async (folder: string, more = '') =>
  (await call('GET', `/vaults/${vault}/objects?folder=${folder}${more}`)).body

await rights(['deposit', 'read', 'organise'])

await t.test('folders to any depth, by name as people sort them, page by page', async (t) => {
  const clients = await make('Clients')
  for (const name of ['Éléonore', 'Zoé', 'eustache', 'Dossier 10', 'Dossier 9', 'Durand'])
    await make(name, clients)
  const sorted = ['Dossier 9', 'Dossier 10', 'Durand', 'Éléonore', 'eustache', 'Zoé']
  t.same(await named(clients), sorted)
  const paged: string[] = []
  let cursor = ''
  do {
    const path = `${at}?parent=${clients}&limit=2${cursor}`
    const { body } = await call('GET', path)
    paged.push(...body.items.map(({ name }) => name))
    // one that comes in the meantime shifts nothing
    if (cursor === '') await make('Avant', clients)
    t.notMatch(body.nextCursor ?? '', /Durand|Dossier/)
    cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`
  } while (cursor !== '')
  t.same(paged, sorted)
  t.equal((await call('GET', `${at}?parent=${clients}&cursor=x.y`)).status, 400)
  let parent: string | null = null
  for (let level = 1; level <= 50; level += 1) parent = await make(`Niveau ${level}`, parent)
  t.equal((await call('POST', at, { name: 'trop', parent })).status, 422)
  const deepest = await call('GET', `${at}/${parent ?? ''}`)
  t.equal(deepest.body.path.length, 50)
  t.equal(deepest.body.path[0], 'Niveau 1')
})

await t.test('names are one of a kind among siblings, and no paths', async (t) => {
  const parent = await make('Uniques')
  await make('Durand', parent)
  for (const name of ['Durand', 'DURAND', ' durand '])
    t.equal((await call('POST', at, { name, parent })).status, 409, name)
  for (const name of ['a/b', '..', ' ', 'x\u202ey', 'é'.repeat(128)])
    t.equal((await call('POST', at, { name, parent })).status, 422, name)
  const elsewhere = '00000000-0000-4000-8000-000000000000'
  t.equal((await call('POST', at, { name: 'x', parent: elsewhere })).status, 404)
})

await t.test('moved and renamed with all that is in it, never into itself', async (t) => {
  const a = await make('A')
  const b = await make('B', a)
  const c = await make('C', b)
  for (const parent of [a, b, c])
    t.equal((await call('PATCH', `${at}/${a}`, { parent })).status, 409)
  t.equal((await call('PATCH', `${at}/${b}`, { parent: null, name: 'Bé' })).status, 200)
  const line = await call('GET', `${at}/${c}`)
  t.same(line.body.path, ['Bé', 'C'])
  await make('bé', a)
  t.equal((await call('PATCH', `${at}/${b}`, { parent: a })).status, 409, 'the name is taken there')
  t.equal(
    (await call('PATCH', `${at}/${b}`, { name: 'BÉ' })).status,
    200,
    'its own name is its own',
  )
})

await t.test('a deposit’s path is made where it is missing, once', async (t) => {
  const kept = await Promise.all(
    Array.from({ length: 8 }, (_, at) => deposit(`Pièce ${at}`, 'Affaires/2026/Martin')),
  )
  t.ok(kept.every(({ status }) => status === 201))
  const { body: top } = await call('GET', at)
  const affaires = top.items.find(({ name }) => name === 'Affaires')
  const { body: years } = await call('GET', `${at}?parent=${affaires?.id ?? ''}`)
  const { body: people } = await call('GET', `${at}?parent=${years.items[0]?.id ?? ''}`)
  t.same(
    people.items.map(({ name }) => name),
    ['Martin'],
  )
  const martin = people.items[0]?.id ?? ''
  const listed = await inFolder(martin)
  t.same(listed.items.map(({ id }) => id).sort(), kept.map(({ id }) => id).sort())

  const first = await inFolder(martin, '&limit=5')
  await deposit('Pendant', 'Affaires/2026/Martin')
  const second = await inFolder(martin, `&limit=5&cursor=${first.nextCursor ?? ''}`)
  t.same(
    [...first.items, ...second.items].map(({ id }) => id),
    listed.items.map(({ id }) => id),
    'pages stay as they are while deposits go on',
  )

  const [one] = kept
  const moved = await call('PUT', `/vaults/${vault}/objects/${one?.id ?? ''}/folder`, {
    folder: affaires?.id,
  })
  t.equal(moved.status, 204)
  t.same(
    (await inFolder(affaires?.id ?? '')).items.map(({ id }) => id),
    [one?.id],
  )
  const shown = await call('GET', `/vaults/${vault}/objects/${one?.id ?? ''}`)
  t.match(shown.body, { folderId: affaires?.id, folder: 'Affaires/2026/Martin' })
  await call('PUT', `/vaults/${vault}/objects/${one?.id ?? ''}/folder`, { folder: null })
  t.same((await inFolder(affaires?.id ?? '')).items, [])
  const refused = await deposit('Refusée', 'Affaires/../Autre')
  t.match(refused, { status: 422, type: 'urn:probant:problem:bad-deposit' })
  t.notOk((await named()).includes('Autre'))
})

await t.test(
  'without the right to organise one only adds; without that to read, no names',
  async (t) => {
    const id = await make('Droits')
    await rights(['deposit'])
    t.equal((await call('GET', at)).status, 403)
    t.equal((await call('PATCH', `${at}/${id}`, { name: 'x' })).status, 403)
    t.equal((await call('POST', at, { name: 'Ajout', parent: id })).status, 201)
    t.equal((await call('GET', at, undefined, admin)).status, 403, 'nor an administrator')
    await rights(['read'])
    t.same(await named(id), ['Ajout'])
    t.equal((await call('POST', at, { name: 'Autre', parent: id })).status, 403)
    await rights(['deposit', 'read', 'organise'])
  },
)

await t.test('no name stands in the journal or the database in clear', async (t) => {
  const { rows } = await world.box.database.query<{ found: string }>(
    `SELECT convert_from(bytes, 'UTF8') AS found FROM journal.traces WHERE act LIKE 'folder-%' OR act = 'object-moved'
     UNION ALL SELECT f::text || encode(f.name_enclosed, 'escape') FROM vault.folders f`,
  )
  t.ok(rows.length > 100)
  const known = /Durand|Clients|Affaires|Martin|Niveau/i
  t.same(
    rows.filter(({ found }) => known.test(found)),
    [],
  )
})

await t.test('a new key of the vault takes the names along', async (t) => {
  const before = await named()
  await world.box.rotation.request({ level: 'vault', vault, operator: 'test' })
  while ((await world.box.rotation.standing()).vaultsBehind > 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
  const { rows } = await world.box.database.query<{ generation: number }>(
    `SELECT DISTINCT key_generation AS generation FROM vault.folders`,
  )
  t.same(rows, [{ generation: 2 }])
  await world.restart()
  t.same(await named(), before)
  t.equal((await call('POST', at, { name: 'clients' })).status, 409, 'its index too')
  const kept = await deposit('Après', 'Clients/Durand')
  t.equal(kept.status, 201)
  const clients = await call('GET', at)
  t.equal(clients.body.items.filter(({ name }) => name === 'Clients').length, 1)
})
