import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createLogger } from '@probant/host'
import t, { type Test } from 'tap'
import { createPool, startCluster, type Cluster, type Connection } from '../src/index.ts'
import { embeddedServer } from '../src/cluster/binaries.ts'
import { processMark } from '../src/cluster/process-mark.ts'
import { endStarter, startElsewhere } from './starter.ts'

const isRoot = process.getuid?.() === 0
const log = createLogger({ component: 'test', level: 'silent' })
const base = mkdtempSync(join(tmpdir(), 'cluster-test-'))
// the server's unprivileged user has to pass
chmodSync(base, 0o711)
t.teardown(() => rm(base, { recursive: true, force: true }))

/** Stopped at the latest with the test, so that a failure leaves no server. */
async function start(t: Test, dataFolder: string, isDurable = false): Promise<Cluster> {
  const cluster = await startCluster({ dataFolder, log, isDurable })
  t.teardown(() => cluster.stop())
  return cluster
}

async function one(connection: Connection, sql: string): Promise<unknown> {
  const pool = createPool({ ...connection, connectTimeoutMs: 2_000 })
  try {
    const { rows } = await pool.query(sql)
    return Object.values(rows[0] ?? {})[0]
  } finally {
    await pool.close()
  }
}

function canMount(): boolean {
  return spawnSync('unshare', ['--mount', 'mount', '--bind', '/', '/']).status === 0
}

async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await processMark(pid)) === undefined) return true
    await delay(50)
  }
  return false
}

/** Whether an unprivileged user reaches this clone, which one below /root hides. */
function isReadableByOthers(path: string): boolean {
  return spawnSync('test', ['-r', path], { uid: 1, gid: 1, cwd: '/' }).status === 0
}

/** Most tests take it one after the other, since making one takes seconds. */
const dataFolder = join(base, 'plain/data')

await t.test('a cluster is private, keeps its data, and leaves nothing when stopped', async (t) => {
  const cluster = await start(t, dataFolder, true)
  await cluster.createRole('box_owner', `quote ' and \\ backslash`)
  await cluster.createRole('box_service', 'service')
  await cluster.createRole('stranger', 'stranger')
  const rights = { owner: 'box_owner', users: ['box_service'] }
  await cluster.createDatabase('box', rights)
  await cluster.createDatabase('box', rights)
  const owner = cluster.connection('box', 'box_owner', `quote ' and \\ backslash`)
  await one(owner, 'CREATE TABLE kept AS SELECT 7 AS n')
  t.equal(await one(cluster.connection('box', 'box_service', 'service'), 'SELECT 1'), 1)

  const stranger = cluster.connection('box', 'stranger', 'stranger')
  await t.rejects(one(stranger, 'SELECT 1'), { code: 'server', sqlState: '42501' })
  await t.rejects(one({ ...owner, password: 'wrong' }, 'SELECT 1'), {
    code: 'server',
    sqlState: '28P01',
  })
  const expected = {
    ...{ listen_addresses: '', fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' },
    ...{ data_checksums: 'on', jit: 'off', server_encoding: 'UTF8' },
    ...{ password_encryption: 'scram-sha-256', timezone: 'UTC', log_error_verbosity: 'terse' },
  }
  for (const [name, value] of Object.entries(expected))
    t.equal(await one(owner, `SHOW ${name}`), value, name)
  if (isRoot) t.equal((await stat(`/proc/${cluster.pid}`)).uid, 65534)
  t.equal((await stat(`${dataFolder}.superuser`)).mode & 0o777, 0o600)
  t.equal((await stat(dataFolder)).mode & 0o777, 0o700)

  await cluster.stop()
  t.strictSame(await cluster.exited, { code: 0, signal: null, wasAsked: true })
  await t.rejects(stat(cluster.socketFolder), { code: 'ENOENT' })
  t.ok(await isGone(cluster.pid))

  const again = await start(t, dataFolder)
  const { socketFolder } = again
  t.equal(await one({ ...owner, socketFolder }, 'SELECT n FROM kept'), 7)
  await again.createRole('box_service', 'another')
  const changed = again.connection('box', 'box_service', 'another')
  t.equal(await one(changed, 'SELECT 1'), 1)
  await again.stop()
})

const reachable = { skip: isRoot && !canMount() ? 'needs mount namespaces' : false }

await t.test(
  'below a closed folder, with a long path, it runs all the same',
  reachable,
  async (t) => {
    // of a root who shares nothing
    const umask = process.umask(0o077)
    t.teardown(() => process.umask(umask))
    const closed = join(base, 'closed')
    await mkdir(closed)
    const { TMPDIR } = process.env
    t.teardown(() =>
      TMPDIR === undefined ? delete process.env['TMPDIR'] : (process.env['TMPDIR'] = TMPDIR),
    )
    process.env['TMPDIR'] = closed
    const deep = join(closed, ...Array.from({ length: 12 }, () => 'a-rather-long-name'), 'data')
    const cluster = await start(t, deep)
    t.equal(await one(cluster.superuser(), 'SELECT 1'), 1)
    const { dev, ino } = await stat(deep)
    const its = await stat(`/proc/${cluster.pid}/cwd/`)
    t.strictSame([its.dev, its.ino], [dev, ino], 'it works on that very folder')
    t.notMatch(
      await readFile('/proc/self/mounts', 'utf8'),
      cluster.socketFolder,
      'its mounts are not seen from outside',
    )
    await cluster.stop()
    await t.rejects(stat(cluster.socketFolder), { code: 'ENOENT' })
    t.ok((await readdir(deep)).includes('PG_VERSION'))
  },
)

await t.test('the same socket folder is taken again after a kill -9 of the server', async (t) => {
  const cluster = await start(t, dataFolder, true)
  await one(cluster.superuser(), 'CREATE TABLE survivors AS SELECT 1 AS n')
  process.kill(cluster.pid, 'SIGKILL')
  t.strictSame(await cluster.exited, { code: null, signal: 'SIGKILL', wasAsked: false })
  const again = await start(t, dataFolder)
  t.equal(again.socketFolder, cluster.socketFolder)
  t.equal(await one(again.superuser(), 'SELECT n FROM survivors'), 1)
  await again.stop()
})

/** A PATH whose setpriv, as an old one, has no --pdeathsig. */
function withoutDeathSignal(t: Test): string {
  const folder = t.testdir({
    setpriv: `#!/bin/sh
      for word; do
        shift
        case $word in
          --pdeathsig) ;;
          INT) ;;
          *) set -- "$@" "$word" ;;
        esac
      done
      exec /usr/bin/setpriv "$@"`,
  })
  chmodSync(join(folder, 'setpriv'), 0o755)
  return `${folder}:${process.env['PATH'] ?? ''}`
}

await t.test("a killed starter's server is stopped, never a running one's", async (t) => {
  const first = await startElsewhere(dataFolder, { environment: { PATH: withoutDeathSignal(t) } })
  const message = new RegExp(`in use by process ${first.child.pid}: stop it first`)
  await t.rejects(start(t, dataFolder), { code: 'cluster', message })
  t.equal(await one(first.superuser, 'SELECT 1'), 1, 'the running one goes on')
  await endStarter(first, 'SIGKILL')
  await delay(200)
  t.ok(await processMark(first.pid), 'it outlives its starter')
  const second = await start(t, dataFolder)
  t.equal(await processMark(first.pid), undefined)
  t.equal(await one(second.superuser(), 'SELECT 1'), 1)
  await second.stop()

  const third = await startElsewhere(dataFolder)
  await endStarter(third, 'SIGKILL')
  t.ok(await isGone(third.pid), 'it ends with its starter')
  await (await start(t, dataFolder)).stop()
  await t.rejects(stat(third.superuser.socketFolder), { code: 'ENOENT' })
})

await t.test('a pid file that names another process stops nobody', async (t) => {
  // PostgreSQL itself takes any process of its own user for its predecessor
  const user = isRoot ? { uid: 65534, gid: 65534 } : {}
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore', cwd: '/', ...user })
  t.teardown(() => bystander.kill())
  await writeFile(join(dataFolder, 'postmaster.pid'), `${bystander.pid}\n/elsewhere\n`)
  const cluster = await start(t, dataFolder)
  t.equal(bystander.exitCode ?? bystander.signalCode, null)
  await cluster.stop()
})

await t.test('an interrupted or impossible initialisation leaves nothing behind', async (t) => {
  const folder = join(base, 'initial')
  await mkdir(join(folder, 'data.new/base'), { recursive: true })
  await mkdir(join(folder, 'foreign'))
  await writeFile(join(folder, 'foreign/letter.txt'), 'not a database')
  await mkdir(join(folder, 'older'))
  await writeFile(join(folder, 'older/PG_VERSION'), '17\n')
  await (await start(t, join(folder, 'data'))).stop()
  t.strictSame((await readdir(folder)).sort(), [
    ...['data', 'data.run', 'data.superuser', 'foreign', 'older'],
  ])
  await t.rejects(start(t, join(folder, 'foreign')), { message: /holds files but no database/ })
  await t.rejects(start(t, join(folder, 'older')), {
    message: /made by PostgreSQL 17; this version/,
  })
  await rm(join(folder, 'data.superuser'))
  await t.rejects(start(t, join(folder, 'data')), {
    message: /superuser's password, can't be read/,
  })
})

const root = { skip: isRoot ? false : 'needs root' }
const passable = {
  skip:
    root.skip ||
    (isReadableByOthers(import.meta.dirname) ? false : 'needs a clone that all may read'),
}
const mounts = { skip: isRoot ? reachable.skip : root.skip }

await t.test('a full disk is said to be one', mounts, async (t) => {
  const folder = join(base, 'full')
  await mkdir(folder)
  const small = ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c']
  const script = 'mount -t tmpfs -o size=12m,mode=755 tmpfs "$0" && exec "$@"'
  const full = startElsewhere(join(folder, 'data'), { through: [...small, script, folder] })
  await t.rejects(full, { message: /initdb .*: the disk is full: free some space/ })
})

await t.test('without mount namespaces, a sentence says what to do', root, async (t) => {
  const through = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--']
  const refused = startElsewhere(join(base, 'closed/other/data'), { through })
  await t.rejects(refused, { message: /private mount namespace was refused.*Move the clone to/s })
})

await t.test(
  'an ordinary user, with no home and no locale, runs it as oneself',
  passable,
  async (t) => {
    // "daemon" of every Debian
    const uid = 1
    const folder = join(base, 'ordinary')
    await mkdir(folder)
    await chown(folder, uid, uid)
    const environment = { HOME: '', LC_ALL: 'xx_XX.UTF-8', PASSPHRASE: 'ours' }
    const starter = await startElsewhere(join(folder, 'data'), { uid, environment })
    t.equal((await stat(`/proc/${starter.pid}`)).uid, uid)
    t.notMatch(await readFile(`/proc/${starter.pid}/environ`, 'utf8'), /ours/)
    t.equal(await one(starter.superuser, 'SELECT 1'), 1)
    await endStarter(starter)
    await t.rejects(start(t, join(folder, 'data')), { message: /belongs to uid 1, not to 65534/ })
    await rm(join(folder, 'data'), { recursive: true })
    await chown(folder, 43_210, 43_210)
    const nameless = startElsewhere(join(folder, 'data'), { uid: 43_210 })
    await t.rejects(nameless, { message: /PostgreSQL wants the user to have a name/ })
  },
)

await t.test('binaries that an install left incomplete or closed are mended', async (t) => {
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
  const folder = t.testdir({
    bin: { postgres: 'ELF' },
    lib: { 'libpq.so.5.18': 'ELF' },
    share: { postgresql: { 'postgres.bki': '#' } },
    'pg-symlinks.json': JSON.stringify(links),
  })
  for (const path of ['bin/postgres', 'share/postgresql/postgres.bki', 'share', 'lib', 'bin', ''])
    await chmod(join(folder, path), 0o700)
  t.equal(await embeddedServer(folder), folder)
  t.equal(await readFile(join(folder, 'lib/libpq.so.5'), 'utf8'), 'ELF')
  const mode = async (path: string) => (await stat(join(folder, path))).mode & 0o777
  if (isRoot) {
    t.equal(await mode('bin/postgres'), 0o755)
    t.equal(await mode('share/postgresql'), 0o755)
    t.equal((await mode('share/postgresql/postgres.bki')) & 0o044, 0o044)
  }
  await rm(join(folder, 'bin'), { recursive: true })
  await t.rejects(embeddedServer(folder), { code: 'cluster', message: /run "npm ci" again/ })
})
