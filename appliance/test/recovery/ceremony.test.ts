import { parseTrace } from '@probant/evidence'
import {
  encloseForRecovery,
  formatShare,
  newRecoveryKey,
  nodeCrypto,
  parseShare,
} from '@probant/keys'
import { systemRandomness } from '@probant/host'
import { createPool } from '@probant/postgres'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { serveConsole } from '../../src/console/server.ts'
import { CopyFolder } from '../../src/recovery/copies.ts'
import { inspectRecovery } from '../../src/recovery/inspection.ts'
import { createWorld, form, staff } from '../world.ts'
import { converse, heldCeremony, watchedConsole } from './console.ts'

const world = await createWorld()
const sheets = await mkdtemp(join(tmpdir(), 'probant-sheets-'))
let console = await serveConsole(world.box)
const settings = join(world.settings.home, 'settings.json')
const database = createPool({ ...world.database.superuser, max: 2 })
t.teardown(async () => {
  await console.close()
  await database.close()
  await world.close()
  await rm(sheets, { recursive: true })
})
const { vault, token } = await staff(world)
await world.call('POST', `/vaults/${vault}/objects`, { token, body: form('bonjour') })

const command = (...words: string[]) => converse(['box', ...words, '--settings', settings])
const fsck = () => command('fsck')
const copies = new CopyFolder(world.settings.home)
const inspect = async () =>
  (await inspectRecovery(database, nodeCrypto, copies)).findings.map(
    ({ kind, what }) => `${kind}: ${what}`,
  )

async function acts(): Promise<ReturnType<typeof parseTrace>[]> {
  const { rows } = await database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces ORDER BY seq`,
  )
  return rows.map(({ bytes }) => parseTrace(bytes))
}

const named = async (act: string) => (await acts()).filter((trace) => trace.act === act)

async function restart(): Promise<void> {
  await console.close()
  await world.restart()
  console = await serveConsole(world.box)
}

await t.test('before a ceremony the box warns, and fsck is clean', async (t) => {
  const { stdout } = await command('status')
  t.match(stdout, /WARNING +no key ceremony was held/)
  const { code, stdout: report } = await fsck()
  t.equal(code, 0, report)
  t.match(report, /no key ceremony was held; vaults that depend on this machine’s keys alone: 1/)
})

await t.test('a ceremony that is given up declares nothing', async (t) => {
  const folder = join(sheets, 'given-up')
  const quorum = ['--holders', '3', '--needed', '2', '--language', 'en']
  const words = ['box', 'ceremony', '--settings', settings, '--sheets', folder, ...quorum]
  const { code, said } = await converse(words, (said) => {
    if (said.endsWith('holder 1? ')) return 'Ann'
    if (said.includes('Those aren’t') && said.endsWith('sheet: ')) return 'stop'
    return said.endsWith('sheet: ') ? 'zoo zoo zoo zoo' : undefined
  })
  t.equal(code, 1)
  t.match(said, /Ceremony abandoned/)
  t.same(await readdir(folder), [], 'no sheet is left')
  t.equal((await named('ceremony-abandoned')).length, 1)
  t.equal((await named('recovery-key-declared')).length, 0)
  t.equal(world.box.recovery.key, undefined)
})

await t.test('sheets stay where the key may have been declared', async (t) => {
  const folder = join(sheets, 'lost-answer')
  const watched = await watchedConsole(world.settings, (path) =>
    path.endsWith('/declaration') ? Promise.reject(new Error('lost')) : Promise.resolve(),
  )
  t.teardown(watched.close)
  const held = await heldCeremony(watched.settings, folder, { shares: 2, threshold: 2 })
  t.equal(held.code, 1)
  t.match(held.said, /box status dit si la clé est déclarée/)
  t.equal((await readdir(folder)).length, 2)
})

await t.test('a quorum that can’t be is refused before anything is made', async (t) => {
  const { code, said } = await heldCeremony(settings, sheets, { shares: 2, threshold: 3 })
  t.equal(code, 1)
  t.match(said, /between 2 and 255 holders/)
  t.same((await readdir(sheets)).sort(), ['given-up', 'lost-answer'])
})

await t.test('a ceremony: sheets, check words, the public key alone to the box', async (t) => {
  const folder = join(sheets, 'first')
  const held = await heldCeremony(settings, folder, { shares: 3, threshold: 2 }, ['--json'])
  t.equal(held.code, 0, held.said)
  const result = JSON.parse(held.stdout) as Record<string, unknown>
  t.match(result, { threshold: 2, shares: 3, vaults: 1, copied: 1 })
  const names = (await readdir(folder)).sort()
  t.same(names, ['share-1-of-3.txt', 'share-2-of-3.txt', 'share-3-of-3.txt'])
  for (const name of names) {
    t.equal((await stat(join(folder, name))).mode & 0o777, 0o600)
    t.match(await readFile(join(folder, name), 'utf8'), /Détenteur +Détenteur \d/)
  }
  t.equal((await stat(folder)).mode & 0o777, 0o700)
  t.equal((await named('ceremony-begun')).length, 3)
  t.same(
    (await named('ceremony-share-confirmed')).slice(-3).map(({ data }) => data['share']),
    [1, 2, 3],
  )
  const [declared] = await named('recovery-key-declared')
  t.equal(declared?.data['recoveryKey'], result['recoveryKey'])
  const [enclosed] = await named('epoch-key-enclosed')
  t.match(enclosed?.data, { epoch: 1, recoveryKey: result['recoveryKey'] })
  t.equal((await stat(copies.fileOf(1))).mode & 0o777, 0o600)
  t.equal((await fsck()).code, 0)
  const { stdout } = await command('status')
  t.match(stdout, /recovery +key [0-9a-f]{16}…, 2 of 3 holders; 1 vaults/)
  t.notMatch(stdout, /no key ceremony/)
})

await t.test('no share, and no holder, is in anything the box keeps or was told', async (t) => {
  const { rows } = await database.transaction(async (client) => {
    await client.query(`SET LOCAL xmlbinary = hex`)
    return client.query<{ all: string }>(`SELECT database_to_xml(true, false, '')::text AS all`)
  })
  const kept = (rows[0]?.all ?? '').toLowerCase()
  const hex = (text: string) => Buffer.from(text).toString('hex')
  t.ok(kept.includes(hex('"ceremony-share-confirmed"')), 'traces are in what is searched')
  const traces = (await acts()).map((trace) => JSON.stringify(trace)).join('\n')
  t.notMatch(traces, /Détenteur/)
  for (const number of [1, 2, 3]) {
    const text = await readFile(join(sheets, 'first', `share-${number}-of-3.txt`), 'utf8')
    const share = parseShare(text)
    const lines = formatShare(share).toString().split('\n').slice(1)
    const value = Buffer.from(share.value)
    const forms = [
      ...lines.flatMap((line) => [line.toLowerCase(), hex(line)]),
      value.toString('hex'),
      value.toString('base64').toLowerCase(),
    ]
    for (const form of forms) t.notOk(kept.includes(form))
  }
})

await t.test('a vault made afterwards is covered by the copy of its epoch', async (t) => {
  const made = await world.call('POST', '/vaults', {
    token: world.identity.adminToken,
    json: { name: 'Second' },
  })
  t.equal(made.status, 201)
  t.match((await named('vault-created')).at(-1)?.data, { epoch: 1 })
  t.same(await world.box.recovery.count(), { vaults: 2, copied: 2 })
  t.same(await inspect(), [])
})

await t.test('a holder checks a share on any machine', async (t) => {
  const file = join(sheets, 'first', 'share-2-of-3.txt')
  const { stdout, code } = await converse(['box', 'check-share', file])
  t.equal(code, 0)
  const words = /^Mots +(.*)$/m
    .exec(await readFile(file, 'utf8'))?.[1]
    ?.split(/ +/)
    .join(' ')
  t.ok(stdout.endsWith(`check words: ${words}\n`), 'in the language of the sheet')
  const english = await converse(['box', 'check-share', file, '--language', 'en'])
  t.not(english.stdout, stdout)
  t.match(
    stdout,
    /^share 2 of 3, 2 needed; recovery key [0-9a-f]{16}…; check words: \S+ \S+ \S+ \S+\n$/,
  )
})

await t.test('a copy that is missing is made at the next start', async (t) => {
  await rm(copies.fileOf(1))
  const { code, stdout } = await fsck()
  t.equal(code, 1)
  t.match(stdout, /no-recovery-copy: epoch 1/)
  await restart()
  await world.box.recovery.close()
  t.same(await inspect(), [])
  await restart()
})

await t.test('fsck names copies that are for another key, or aren’t the box’s own', async (t) => {
  const { publicKey: foreign } = await newRecoveryKey({ threshold: 2, shares: 2 }, systemRandomness)
  const own = world.box.recovery.key?.publicKey
  if (own === undefined) throw new Error('no key')
  const original = await copies.read(1)
  if (original === undefined) throw new Error('no copy')
  const place = { boxId: world.settings.boxId, epoch: 1 }
  const attackers = new Uint8Array(32)
  await copies.write(1, encloseForRecovery(foreign, attackers, place))
  t.match(await inspect(), [/^recovery-copy-of-another-key/])
  await copies.write(1, encloseForRecovery(own, attackers, place))
  t.match(await inspect(), [/^recovery-copy-altered: .* not the copy that the journal/])
  await copies.write(1, attackers)
  t.match(await inspect(), [/^recovery-copy-altered/])
  await copies.write(1, original)
  t.same(await inspect(), [])
})

await t.test('a recovery key put into the database by hand gets no copies', async (t) => {
  const { publicKey } = await newRecoveryKey({ threshold: 2, shares: 2 }, systemRandomness)
  const pool = database
  const { rows } = await pool.query<{ public_key: Buffer }>(
    `SELECT public_key FROM vault.recovery_keys`,
  )
  await pool.query(`UPDATE vault.recovery_keys SET public_key = $1`, [Buffer.from(publicKey.bytes)])
  await restart()
  t.equal(world.box.recovery.key, undefined)
  t.match(await inspect(), [/^recovery-key-altered: .* not the one that trace \d+ declares/])
  await pool.query(`UPDATE vault.recovery_keys SET public_key = $1`, [rows[0]?.public_key])
  await restart()
  t.same(await inspect(), [])
})

await t.test('a second ceremony says that it replaces the first', async (t) => {
  const quorum = { shares: 2, threshold: 2 }
  const first = world.box.recovery.key?.id
  const refused = await heldCeremony(settings, join(sheets, 'second'), quorum)
  t.equal(refused.code, 1)
  t.match(refused.said, /doit dire qu’elle la remplace/)
  const held = await heldCeremony(settings, join(sheets, 'second'), quorum, ['--replace'])
  t.equal(held.code, 0, held.said)
  t.not(world.box.recovery.key?.id, first)
  t.same(await inspect(), [])
  const again = await heldCeremony(settings, join(sheets, 'second'), quorum, ['--replace'])
  t.equal(again.code, 1, 'sheets are never written over')
})
