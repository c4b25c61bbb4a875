import { parseTrace } from '@probant/evidence'
import { createPool } from '@probant/postgres'
import { join } from 'node:path'
import t from 'tap'
import { noSoftHsm, SoftHsm } from '../../../packages/keys/test/pkcs11/softhsm.ts'
import { serveConsole } from '../../src/console/server.ts'
import { lastCopyExpires } from '../../src/rotation/standing.ts'
import { converse } from '../recovery/console.ts'
import { createWorld, form, staff } from '../world.ts'

// Each level is rotated while deposits, reads and bundles go on; over files and over a token.

t.setTimeout(300_000)

const places = [
  { name: 'software', skip: false },
  { name: 'a SoftHSM token', skip: noSoftHsm },
] as const

for (const { name, skip } of places)
  await t.test(`rotation while work goes on: ${name}`, { skip }, async (t) => {
    const hsm = name === 'software' ? undefined : await SoftHsm.create(t.testdir())
    const world = await createWorld(hsm === undefined ? {} : { keys: hsm.settings })
    const database = createPool({ ...world.database.superuser, max: 2 })
    const console = await serveConsole(world.box)
    t.teardown(async () => {
      await console.close()
      await database.close()
      await world.close()
    })
    const settings = join(world.settings.home, 'settings.json')
    const { vault, token, auditorToken } = await staff(world)
    const box = (...words: string[]) => converse(['box', ...words, '--settings', settings])
    const rotate = async (...words: string[]) => {
      const { code, stdout, said } = await box('rotate', ...words, '--json')
      if (code !== 0) throw new Error(said)
      return JSON.parse(stdout) as Record<string, unknown>
    }
    const kept = new Map<string, string>()
    let failures: string[] = []
    const deposit = async (content: string) => {
      const body = form(content)
      const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
      if (answer.status === 201) kept.set(((await answer.json()) as { id: string }).id, content)
      else failures.push(`deposit ${answer.status} ${await answer.text()}`)
    }
    const read = async (id: string, content: string) => {
      const path = `/vaults/${vault}/objects/${id}`
      const answer = await world.call('GET', `${path}/content`, { token })
      const text = await answer.text()
      if (text !== content) failures.push(`read ${answer.status} ${text}`)
      const proof = await world.call('GET', `${path}/proof`, { token })
      if ((await proof.arrayBuffer()).byteLength < 1000) failures.push(`proof ${proof.status}`)
      const list = await world.call('GET', `/vaults/${vault}/objects?limit=50`, { token })
      if (list.status !== 200) failures.push(`list ${list.status}`)
    }
    /** Deposits and reads until the work is done. */
    const meanwhile = async <T>(work: Promise<T>): Promise<T> => {
      let isOver = false
      const busy = async (lane: number) => {
        for (let n = 0; !isOver; n += 1) {
          await deposit(`meanwhile ${lane} ${n} ${kept.size}`)
          const some = [...kept][(n * 7 + lane) % kept.size]
          if (some !== undefined) await read(...some)
        }
      }
      const lanes = [busy(1), busy(2)]
      const done = await work.finally(() => (isOver = true))
      await Promise.all(lanes)
      return done
    }
    const everything = async () => {
      await Promise.all([...kept].slice(0, 20).map(([id, content]) => read(id, content)))
      const path = `/vaults/${vault}/integrity-checks`
      const checked = await world.call('POST', path, { token: auditorToken })
      return (await checked.json()) as unknown
    }
    const acts = async () => {
      const { rows } = await database.query<{ bytes: Buffer }>(
        `SELECT bytes FROM journal.traces ORDER BY seq`,
      )
      return rows.map(({ bytes }) => parseTrace(bytes))
    }
    const enclosed = async () => {
      const { rows } = await database.query<{ all: string }>(
        `SELECT string_agg(encode(data_key_enclosed, 'hex'), ' ' ORDER BY id) AS all FROM vault.objects WHERE deposit_seq < 200`,
      )
      return rows[0]?.all
    }

    for (let n = 0; n < 110; n += 1) await deposit(`before ${n}`)

    await t.test('the root: another wrapping key, the former is gone', async (t) => {
      failures = []
      const standing = await meanwhile(rotate('root', '--now'))
      t.match(standing, { epochs: [{ epoch: 1, root: 'vaults-2', formerRoot: null }] })
      t.equal(await world.box.keys.find('vaults'), undefined)
      t.ok(await world.box.keys.find('vaults-2'))
      t.match(await everything(), { intact: true, checked: kept.size })
      t.strictSame(failures, [])
    })

    await t.test('a vault: everything is enclosed anew, fsck is clean meanwhile', async (t) => {
      failures = []
      const before = await enclosed()
      const [standing, fsck] = await meanwhile(Promise.all([rotate('vault', vault), box('fsck')]))
      t.match(standing, { generations: [2, 2], vaultsBehind: 0, objectsBehind: 0 })
      t.equal(fsck.code, 0, fsck.stdout)
      t.not(await enclosed(), before)
      t.match(await everything(), { intact: true, checked: kept.size })
      t.strictSame(failures, [])
    })

    await t.test('an epoch: new root, epoch key and vault keys', async (t) => {
      failures = []
      const [standing, fsck] = await meanwhile(Promise.all([rotate('all', '--now'), box('fsck')]))
      t.match(standing, {
        epochs: [{ epoch: 2, root: 'vaults-3', endsAt: null }],
        ended: 1,
        generations: [3, 3],
        vaultsBehind: 0,
      })
      t.equal(fsck.code, 0, fsck.stdout)
      t.equal(await world.box.keys.find('vaults-2'), undefined)
      t.match(await everything(), { intact: true, checked: kept.size })
      t.strictSame(failures, [])
      const { rows } = await database.query(`SELECT FROM vault.former_vault_keys`)
      t.equal(rows.length, 0)
      const after = await box('fsck')
      t.equal(after.code, 0, after.stdout)
    })

    await t.test('without --now the former epoch stays for its overlap', async (t) => {
      const standing = await rotate('all')
      t.match(standing, { epochs: [{ epoch: 2 }, { epoch: 3, endsAt: null }], vaultsBehind: 0 })
      t.ok(await world.box.keys.find('vaults-3'))
      const refused = await box('rotate', 'vault', '00000000-0000-4000-8000-000000000000')
      t.equal(refused.code, 1)
      t.match(refused.said, /does not exist/)
    })

    await t.test('status and journal say what was done, and hold no key', async (t) => {
      const { stdout } = await box('status')
      t.match(stdout, /epochs +epoch 2 since .*, under vaults-3 \(ends .*; epoch 3 since/)
      t.match(stdout, /keys of generation 4; what is deleted now can be opened in no copy/)
      const traces = await acts()
      const named = (act: string) => traces.filter((trace) => trace.act === act)
      t.same(
        named('key-epoch-begun').map(({ data }) => [data['epoch'], data['asked']]),
        [
          [1, 'start'],
          [2, 'console'],
          [3, 'console'],
        ],
      )
      t.match(named('key-epoch-begun')[1]?.data['operator'], { sha256: /^[0-9a-f]{64}$/ })
      t.same(
        named('key-epoch-ended').map(({ data }) => data['epoch']),
        [1],
      )
      t.equal(named('root-rotation-begun').length, 1)
      t.equal(named('root-rotation-ended').length, 1)
      t.equal(named('vault-key-rotation-begun').length, 3)
      t.same(
        named('vault-key-rotation-ended').map(({ vault }) => vault),
        [vault, vault, vault],
      )
      const begun = named('key-epoch-begun').at(-1)
      const last = await lastCopyExpires(database, { days: 30, overlapDays: 2 })
      t.equal(last?.epoch, 3)
      t.ok(
        Math.abs((last?.expiresMs ?? 0) - Date.parse(begun?.time ?? '') - 30 * 86_400_000) < 5000,
      )
    })

    await t.test('the index of a vault follows its key', async (t) => {
      const [row] = (
        (await world.call('GET', '/vaults', { token }).then((a) => a.json())) as {
          items: { id: string }[]
        }
      ).items
      const stored = await world.box.lookups.vault(row?.id ?? '')
      if (stored === undefined) throw new Error('no vault')
      const cipher = await world.box.ciphers.of(stored)
      const entries = cipher.indexEntries('word', 'été')
      t.equal(entries[0]?.generation, 4)
      t.equal(
        new Set(entries.map(({ entry }) => Buffer.from(entry).toString('hex'))).size,
        entries.length,
      )
      t.ok(entries.length > 1, 'the former key stays for a while')
    })

    await t.test('what was altered keeps the former key', async (t) => {
      const [id = ''] = [...kept.keys()]
      const row = await database.query<{ bytes: Buffer }>(
        `SELECT data_key_enclosed AS bytes FROM vault.objects WHERE id = $1`,
        [id],
      )
      const put = (bytes: Buffer | undefined) =>
        database.query(`UPDATE vault.objects SET data_key_enclosed = $2 WHERE id = $1`, [id, bytes])
      const original = row.rows[0]?.bytes
      await put(Buffer.alloc(93, 1))
      const { code, stdout } = await box('rotate', 'vault', vault)
      t.equal(code, 1)
      t.match(stdout, /WARNING +1 objects of vault .* do not open .* box fsck/)
      await put(original)
      await console.close()
      await world.restart()
      while ((await world.box.rotation.standing()).vaultsBehind > 0)
        await new Promise((resolve) => setTimeout(resolve, 50))
      t.match(await everything(), { intact: true, checked: kept.size })
    })
  })
