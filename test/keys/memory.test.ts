import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandomness } from '@probant/host'
import { openDataKey, openProvider, parseShare } from '@probant/keys'
import { createPool, type Connection } from '@probant/postgres'
import t, { type Test } from 'tap'
import { VaultCiphers } from '../../appliance/src/store/vault-ciphers.ts'
import { allVaults } from '../../appliance/src/store/vaults.ts'
import { heldCeremony } from '../../appliance/test/recovery/console.ts'
import {
  formsOf,
  piecesOf,
  Search,
  searchMemory,
  textOf,
  type Pattern,
} from '../../packages/host/test/process-memory.ts'
import { noSoftHsm, PIN, SoftHsm } from '../../packages/keys/test/pkcs11/softhsm.ts'
import { privateHalfOf, sharePatterns } from '../../packages/keys/test/recovery/private-half.ts'
import { Installation } from '../portal/installation.ts'
import { partsOf, type Part } from './processes.ts'

/**
 * Every part of a running installation, its memory read as root reads it, its files, arguments and environment, searched for what
 * must not outlive its use. The test knows the secrets since it has the token's PIN and the holders' sheets.
 */
t.setTimeout(10 * 60_000)

const cannot = process.getuid?.() === 0 ? noSoftHsm : 'only root reads the memory of a service'

await t.test('memory and files of a running installation', { skip: cannot }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'probant-memory-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const hsm = await SoftHsm.create(join(folder, 'hsm'), 'box-7')
  const { module, pin, tokenLabel } = hsm.settings
  const configuration = join(folder, 'probant.yaml')
  const keys = { provider: 'pkcs11', module, tokenLabel, pin }
  await writeFile(configuration, JSON.stringify({ keys }))
  const leftovers = await mkdtemp(join(tmpdir(), 'p-'))
  await chmod(leftovers, 0o1777)
  t.teardown(() => rm(leftovers, { recursive: true, force: true }))
  const installation = await Installation.start({
    PROBANT_CONFIG: configuration,
    TMPDIR: leftovers,
  })
  t.teardown(() => installation.stop())

  const document = join(folder, 'document.txt')
  for (const size of [40, 4000, 200_000]) {
    await writeFile(document, 'x'.repeat(size))
    const answer = JSON.parse(await installation.probant('deposit', document, '--json')) as {
      id: string
    }
    await installation.probant('get', answer.id, '--output', join(folder, `read-${size}`))
  }
  await installation.probant('agent', 'ship', '--now')

  const settingsFile = join(installation.home, 'settings', 'appliance.json')
  const secrets = await keysOf(settingsFile, hsm)
  t.ok(secrets.dataKeys.length >= 3 && secrets.vaultKeys.length > 0)
  const dataKeys = secrets.dataKeys.flatMap((key, at) => piecesOf(`data key ${at}`, key))
  const vaultKeys = secrets.vaultKeys.flatMap((key, at) => piecesOf(`vault key ${at}`, key))

  const parts = await partsOf(installation.home)
  const named = (pattern: RegExp) => {
    const found = parts.filter(({ what }) => pattern.test(what))
    if (found.length === 0) throw new Error(`nothing runs as ${String(pattern)}`)
    return found
  }
  const service = named(/appliance\/src\/main\.ts/)
  const modules = named(/module-host\.ts/)

  await t.test('the search finds what is in use: an open vault’s key, in the service', (t) => {
    const found = searchMemory(service[0]?.pid ?? 0, new Search(vaultKeys))
    t.ok(found.size > 0)
    t.end()
  })

  await t.test('data keys are in no process', (t) => {
    nowhere(t, parts, dataKeys)
    t.end()
  })

  await t.test('the PIN is in no process but the module’s', (t) => {
    const others = parts.filter((part) => !modules.includes(part))
    nowhere(t, others, textOf('PIN', PIN))
    t.end()
  })

  await t.test(
    'nothing of a ceremony is in the service, which learns the public half',
    async (t) => {
      const sheets = join(folder, 'sheets')
      const held = await heldCeremony(settingsFile, sheets, { shares: 3, threshold: 2 })
      t.equal(held.code, 0, held.said)
      const names = await readdir(sheets)
      const texts = await Promise.all(names.map((name) => readFile(join(sheets, name), 'utf8')))
      const { seed, x25519, mlKem } = await privateHalfOf(texts.map((text) => parseShare(text)))
      const patterns = [
        ...sharePatterns(texts),
        ...piecesOf('seed', seed),
        ...piecesOf('x25519', x25519),
        ...piecesOf('ml-kem', mlKem),
      ]
      nowhere(t, parts, patterns)
      const encoded = [seed, x25519, mlKem].flatMap((secret) => formsOf('private half', secret))
      await t.test('nor in a file, an argument or the environment', (t) =>
        unwritten(t, [installation.home, leftovers], parts, [...patterns, ...encoded]),
      )
    },
  )

  await t.test('no key is in a file, an argument or the environment', (t) =>
    unwritten(t, [installation.home, leftovers], parts, [
      ...[...secrets.dataKeys, ...secrets.vaultKeys].flatMap((key) => formsOf('key', key)),
      ...textOf('PIN', PIN),
      ...formsOf('PIN', Buffer.from(PIN)),
    ]),
  )
})

/** What the token of this box opens, by the provider and from the database as the service has them. */
async function keysOf(
  settingsFile: string,
  hsm: SoftHsm,
): Promise<{ dataKeys: Uint8Array[]; vaultKeys: Uint8Array[] }> {
  const settings = JSON.parse(await readFile(settingsFile, 'utf8')) as {
    boxId: string
    database: Connection & { service: Pick<Connection, 'user' | 'password'> }
  }
  const { service, ...place } = settings.database
  const { boxId } = settings
  const database = createPool({ ...place, ...service, max: 1 })
  const provider = await openProvider(hsm.settings)
  try {
    const ciphers = new VaultCiphers(provider, database, boxId, systemRandomness)
    const opened = new Map<string, Uint8Array>()
    for await (const { id, key } of allVaults(database))
      opened.set(id, await ciphers.openKey(id, key))
    const { rows } = await database.query<{ vault: string; object: string; enclosed: Buffer }>(
      'SELECT vault_id AS vault, id AS object, data_key_enclosed AS enclosed FROM vault.objects',
    )
    const dataKeys = rows.map(({ vault, object, enclosed }) =>
      openDataKey(opened.get(vault) ?? new Uint8Array(0), enclosed, { boxId, vault, object }),
    )
    return { dataKeys, vaultKeys: [...opened.values()] }
  } finally {
    await provider.close()
    await database.close()
  }
}

function nowhere(t: Test, parts: readonly Part[], patterns: readonly Pattern[]): void {
  const search = new Search(patterns)
  for (const { pid, what } of parts) t.strictSame(searchMemory(pid, search), new Map(), what)
}

async function unwritten(
  t: Test,
  folders: readonly string[],
  parts: readonly Part[],
  patterns: readonly Pattern[],
): Promise<void> {
  const search = new Search(patterns)
  for (const { what, shown } of parts) t.strictSame(search.in(shown), new Map(), what)
  let files = 0
  for (const folder of folders)
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const bytes = await readFile(path).catch(() => Buffer.alloc(0))
      const found = search.in(bytes)
      if (found.size > 0) t.strictSame(found, new Map(), path)
      files += 1
    }
  t.ok(files > 20, `${files} files`)
}
