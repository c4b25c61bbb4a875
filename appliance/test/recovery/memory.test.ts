import { createPool } from '@probant/postgres'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseShare } from '@probant/keys'
import t, { type Test } from 'tap'
import {
  piecesOf,
  Search,
  searchMemory,
  type Pattern,
} from '../../../packages/host/test/process-memory.ts'
import {
  privateHalfOf,
  sharePatterns,
  type PrivateHalf,
} from '../../../packages/keys/test/recovery/private-half.ts'
import { serveConsole } from '../../src/console/server.ts'
import { createWorld, form, staff } from '../world.ts'
import { converse, heldCeremony, watchedConsole, type Spoken } from './console.ts'

// The memory of a ceremony's process, and of a recovery's, while they still run but need the holders' shares no more.

const skip = process.getuid?.() === 0 ? false : 'only root reads the memory of another process'

const privateKeys = ({ x25519, mlKem }: PrivateHalf): Pattern[] => [
  ...piecesOf('x25519', x25519),
  ...piecesOf('ml-kem', mlKem),
]

await t.test('what the holders hold', { skip }, async (t) => {
  const world = await createWorld()
  const { home } = world.settings
  const database = createPool({ ...world.database.superuser, max: 2 })
  t.teardown(async () => {
    await database.close()
    await world.close()
  })
  const { vault, token } = await staff(world)
  const body = form('before the ceremony')
  t.equal((await world.call('POST', `/vaults/${vault}/objects`, { token, body })).status, 201)
  const sheets = join(home, 'sheets')
  const secrets = async () => {
    const names = (await readdir(sheets)).sort()
    const texts = await Promise.all(names.map((name) => readFile(join(sheets, name), 'utf8')))
    return { texts, half: await privateHalfOf(texts.map((text) => parseShare(text))) }
  }

  await t.test('is in the ceremony’s process no more when the key is declared', async (t) => {
    const console = await serveConsole(world.box)
    t.teardown(() => console.close())
    let looked = 0
    let pid = 0
    const { settings, close } = await watchedConsole(world.settings, async (path) => {
      if (!path.endsWith('/declaration')) return
      const { texts, half } = await secrets()
      nowhere(t, pid, [...sharePatterns(texts), ...piecesOf('seed', half.seed)])
      const keys = searchMemory(pid, new Search(privateKeys(half)))
      t.comment('private halves that OpenSSL holds until this process ends', [...keys.values()])
      looked += 1
    })
    t.teardown(close)
    const quorum = { shares: 3, threshold: 2 }
    const held = await heldCeremony(settings, sheets, quorum, [], (started) => {
      pid = started
    })
    t.equal(held.code, 0, held.said)
    t.equal(looked, 1)
  })

  await t.test('is in the recovery’s process no more when it goes to work', async (t) => {
    await world.stop()
    await rm(join(home, 'keys'), { recursive: true })
    const settings = join(home, 'new-settings.json')
    const keys = { provider: 'software', folder: join(home, 'new-keys') }
    await writeFile(settings, JSON.stringify({ ...world.settings, keys }), { mode: 0o600 })
    const given = [1, 3].flatMap((number) => ['--share', join(sheets, `share-${number}-of-3.txt`)])
    let pid = 0
    let ended: Promise<Spoken> | undefined
    await database.transaction(async (client) => {
      await client.query('LOCK TABLE journal.checkpoints IN ACCESS EXCLUSIVE MODE')
      const words = ['box', 'recover', '--settings', settings, ...given, '--json']
      ended = converse(words, undefined, (started) => {
        pid = started
      })
      for (let waits = 0; waits === 0;) {
        await delay(50)
        const { rows } = await database.query<{ waits: number }>(
          `SELECT count(*)::int AS waits FROM pg_locks
           WHERE NOT granted AND relation = 'journal.checkpoints'::regclass`,
        )
        waits = rows[0]?.waits ?? 0
      }
      const { texts, half } = await secrets()
      nowhere(t, pid, [...sharePatterns(texts), ...piecesOf('seed', half.seed)])
      const inUse = searchMemory(pid, new Search(privateKeys(half)))
      t.ok(inUse.size > 0, 'the private half, which is in use, is what the same search finds')
    })
    t.match(await ended, { code: 0 })
  })
})

function nowhere(t: Test, pid: number, patterns: readonly Pattern[]): void {
  t.strictSame(searchMemory(pid, new Search(patterns)), new Map())
}
