import { parseTrace } from '@probant/evidence'
import { spawnSync } from 'node:child_process'
import { readdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startProcess } from '../kill/process.ts'
import { createWorld, form, staff } from '../world.ts'

const MIB = 1024 * 1024

/** Runs what follows with a small file system of its own in place of a folder, which goes with the process. */
const smallDisk = (folder: string) => [
  ...['unshare', '--mount', 'sh', '-c'],
  'mount -t tmpfs -o size=4m,mode=0700 tmpfs "$0" && exec "$@"',
  folder,
]

const world = await createWorld()
const { vault, token } = await staff(world)
await world.stop()
const { home } = world.settings
const store = join(home, 'store')
t.teardown(() => world.close())
const mayMount = spawnSync('env', [...smallDisk(store), 'true']).status === 0

void t.test(
  'a full disk: refused by its step, nothing is left, and smaller deposits go on',
  { skip: mayMount ? false : 'this machine does not let us mount a small file system' },
  async (t) => {
    const service = await startProcess({
      settingsFile: join(home, 'settings.json'),
      logFile: join(home, 'service.log'),
      under: smallDisk(store),
    })
    t.teardown(() => service.kill())
    // the folder as the process sees it
    const seen = join('/proc', String(service.pid), 'root', store)
    const files = async () =>
      (await readdir(seen, { recursive: true, withFileTypes: true })).filter((e) => e.isFile())
    const deposit = async (sizeBytes: number) => {
      const url = `http://127.0.0.1:${service.port ?? 0}/api/v1/vaults/${vault}/objects`
      const headers = { authorization: `Bearer ${token}` }
      const body = form('z'.repeat(sizeBytes))
      const answer = await fetch(url, { method: 'POST', headers, body })
      const told = (await answer.json()) as { type?: string; step?: string }
      return { status: answer.status, ...told }
    }
    t.match(await deposit(MIB), { status: 201 })
    t.match(await deposit(5 * MIB), {
      ...{ status: 507, type: 'urn:probant:problem:store-failed', step: 'file' },
    })
    t.equal((await files()).length, 1, 'nothing of it is left')
    const together = await Promise.all(Array.from({ length: 8 }, () => deposit(MIB)))
    const kept = together.filter(({ status }) => status === 201).length
    // none, where each took a part of the room that another needed
    t.ok(kept <= 2, `${kept} of eight fitted`)
    t.equal(together.filter(({ status }) => status === 507).length, 8 - kept)
    t.equal((await files()).length, 1 + kept)
    const { bavail, bsize } = await statfs(seen)
    t.ok(bavail * bsize > 0, 'what failed gave its room back')
    t.match(await deposit(1000), { status: 201 })
    t.same(await service.stop(), { code: 0, signal: null })
    await world.restart()
    const { rows } = await world.box.database.query<{ bytes: Buffer }>(
      `SELECT bytes FROM journal.traces WHERE act = 'deposit' AND outcome = 'failed' ORDER BY seq`,
    )
    t.equal(rows.length, 1 + 8 - kept, 'each refusal has its trace')
    for (const { bytes } of rows)
      t.match(parseTrace(bytes).data, { reason: 'store-failed', step: 'file' })
  },
)
