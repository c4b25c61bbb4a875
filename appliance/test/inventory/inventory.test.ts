import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { converse } from '../recovery/console.ts'
import { createWorld, form, staff } from '../world.ts'

/** The list of all that a vault holds: complete, stable, harmless in a spreadsheet, without a word to those who may not read. */
const world = await createWorld()
t.teardown(() => world.close())
const { vault, token, auditorToken } = await staff(world)
const at = `/vaults/${vault}`
const deposit = async (title: string, name = 'a.txt', more: object = {}) => {
  const body = form(title, name, { title, ...more })
  const answer = await world.call('POST', `${at}/objects`, { token, body })
  return ((await answer.json()) as { id: string }).id
}
const inventory = (query: string, headers: Record<string, string> = {}, as = token) =>
  world.call('GET', `${at}/inventory${query}`, {
    token: as,
    headers: { 'accept-language': 'fr', ...headers },
  })

/** Cells of RFC 4180, as a reader of it sees them. */
function cells(csv: string): string[][] {
  return csv
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split('\r\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
        (quoted ?? plain ?? '').replaceAll('""', '"'),
      ),
    )
}

const hostile = ['=1+1', '+33 1', '-2', '@SUM(A1)', ' =2', '＝3', 'dit "oui", puis non']
const ids: string[] = []
for (const title of hostile) ids.push(await deposit(title, `${title.replaceAll('"', '')}.txt`))
ids.push(await deposit('Plan', 'plan.pdf', { folder: '=Dossier', fields: { lot: '=3' } }))

await t.test('CSV: every object, oldest first; what would be a formula is text', async (t) => {
  const answer = await inventory('?format=csv')
  t.equal(answer.headers.get('content-type'), 'text/csv; charset=utf-8')
  const [head = [], ...rows] = cells(await answer.text())
  t.equal(head[0], 'identifiant')
  t.same(
    rows.map(([id]) => id),
    ids,
  )
  for (const row of rows) {
    t.equal(row.length, head.length)
    for (const cell of row) t.notMatch(cell, /^\s*[=+\-@＝]/u)
  }
  t.equal(rows[0]?.[head.indexOf('titre')], `'=1+1`)
  t.equal(rows[6]?.[head.indexOf('titre')], 'dit "oui", puis non')
  t.equal(rows[7]?.[head.indexOf('champs')], 'lot: =3')
})

await t.test('who may not read gets no word of what was written', async (t) => {
  const answer = await inventory('?format=csv', { 'accept-language': 'en' }, auditorToken)
  const text = await answer.text()
  const [head = [], ...rows] = cells(text)
  t.notOk(head.includes('title'))
  t.equal(rows.length, ids.length)
  t.notMatch(text, /Plan|SUM|\.txt/)
  const printed = await inventory('?format=pdf', {}, auditorToken)
  t.equal(printed.status, 200)
})

await t.test('PDF, asked for by Accept', async (t) => {
  const answer = await inventory('', { accept: 'application/pdf' })
  t.equal(answer.headers.get('content-type'), 'application/pdf')
  const bytes = Buffer.from(await answer.arrayBuffer())
  t.ok(bytes.subarray(0, 5).equals(Buffer.from('%PDF-')))
  t.match(bytes.subarray(-10).toString(), '%%EOF')
  const text = spawnSync('pdftotext', ['-', '-'], { input: bytes, encoding: 'utf8' })
  if (text.error !== undefined) return
  t.equal(text.status, 0)
  t.match(text.stdout, 'Inventaire du coffre')
  for (const id of ids) t.match(text.stdout, id)
})

await t.test(
  'more than a page of them, stable while deposits go on; by the command line',
  async (t) => {
    const before = ids.length
    for (let n = 0; n < 120; n += 20)
      ids.push(...(await Promise.all(Array.from({ length: 20 }, (_, m) => deposit(`x${n + m}`)))))
    const [answer] = await Promise.all([inventory(''), deposit('trop tard'), deposit('aussi')])
    const rows = cells(await answer.text()).slice(1)
    t.same(new Set(rows.map(([id]) => id)).size, rows.length, 'none twice')
    t.ok(rows.length >= before + 120 && rows.length <= before + 122)
    t.same(
      ids.filter((id) => !rows.some(([listed]) => listed === id)),
      [],
    )
    const output = join(world.settings.home, 'inventory.csv')
    const api = answer.url.replace(/\/vaults.*/, '')
    const words = [
      'inventory',
      '--output',
      output,
      '--api',
      api,
      '--token',
      token,
      '--vault',
      vault,
    ]
    const { code, said } = await converse(words)
    t.equal(code, 0, said)
    t.equal(cells(await readFile(output, 'utf8')).length, ids.length + 3)
  },
)

await t.test('each leaves its trace, refused ones too', async (t) => {
  t.equal((await world.call('GET', `${at}/inventory`, { token: 'nobody' })).status, 401)
  const admin = world.identity.adminToken
  const { rows } = await world.box.database.query<{ outcome: string; data: object }>(
    `SELECT outcome, convert_from(bytes, 'UTF8')::json -> 'data' AS data FROM journal.traces WHERE act = 'inventory' ORDER BY seq`,
  )
  t.ok(rows.length >= 5)
  t.match(rows[0], { outcome: 'done', data: { format: 'csv', journalSize: Number } })
  t.equal(
    (await world.call('GET', `/vaults/${vault}/inventory?format=xls`, { token: admin })).status,
    400,
  )
})
