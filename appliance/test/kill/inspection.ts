import {
  CompactRange,
  leafHash,
  parseCheckpoint,
  parseNote,
  parseTrace,
  toHex,
} from '@probant/evidence'
import { systemRandomness } from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool, type Database } from '@probant/postgres'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { KEY_LABELS, keyOf } from '../../src/box.ts'
import { recompute } from '../../src/integrity/recomputation.ts'
import { readSigningKeys } from '../../src/journal/signing-keys.ts'
import { VaultCiphers } from '../../src/store/vault-ciphers.ts'
import { ObjectFiles } from '../../src/store/files.ts'
import type { World } from '../world.ts'
import type { Acknowledged } from './clients.ts'
import type { GivenCheckpoint } from './proving.ts'

const ABANDONED_MS = 5000

const without = (all: ReadonlySet<string>, others: ReadonlySet<string>) =>
  [...all].filter((each) => !others.has(each))

/** What an inspection needs to know of a box. */
interface Box {
  readonly settings: World['settings']
  readonly database: Pick<World['database'], 'superuser'>
}

/** Everything of a box that lies on disks, looked at from outside its service. */
export class Inspection {
  readonly #world: Box
  readonly #database: Database

  constructor(world: Box) {
    this.#world = world
    this.#database = createPool({ ...world.database.superuser, max: 2 })
  }

  close(): Promise<void> {
    return this.#database.close()
  }

  async number(sql: string, values: readonly unknown[] = []): Promise<number> {
    const { rows } = await this.#database.query<{ n: number }>(sql, values)
    return rows[0]?.n ?? -1
  }

  async #names(sql: string): Promise<Set<string>> {
    const { rows } = await this.#database.query<{ id: string }>(sql)
    return new Set(rows.map(({ id }) => id))
  }

  /** Names of every object under the store, and of temporary files in the box's home. */
  async files(): Promise<{ staged: string[]; kept: Set<string>; temporary: string[] }> {
    const { home } = this.#world.settings
    const staged = await readdir(join(home, 'store', 'staging'))
    const all = await readdir(join(home, 'store', 'objects'), {
      recursive: true,
      withFileTypes: true,
    })
    // an object of several files is a folder
    const kept = new Set(
      all
        .filter(({ name, parentPath }) => name.startsWith(basename(parentPath)))
        .map(({ name }) => name),
    )
    const temporary: string[] = []
    for (const name of await readdir(home)) {
      if (!name.endsWith('.tmp')) continue
      // a younger one may be of a write under way
      const written = await stat(join(home, name)).catch(() => undefined)
      if (written !== undefined && Date.now() - written.mtimeMs > ABANDONED_MS) temporary.push(name)
    }
    return { staged, kept, temporary }
  }

  /**
   * What is half there, after a start has recovered: in words, none when all is well.
   * @param acknowledged deposits that must be there
   * @param mayBe keys of deposits that may be there, wholly
   */
  async halves(acknowledged: readonly Acknowledged[], mayBe: ReadonlySet<string>) {
    const wrong: string[] = []
    const { staged, kept, temporary } = await this.files()
    const rows = await this.#names('SELECT id::text FROM vault.objects')
    const traced = await this.#names(
      `SELECT object::text AS id FROM journal.traces WHERE act = 'deposit' AND outcome = 'done'`,
    )
    if (staged.length > 0) wrong.push(`staging files left: ${staged.join()}`)
    if (temporary.length > 0) wrong.push(`temporary files left: ${temporary.join()}`)
    for (const id of without(kept, rows)) wrong.push(`file without a row: ${id}`)
    for (const id of without(rows, kept)) wrong.push(`row without a file: ${id}`)
    for (const id of without(rows, traced)) wrong.push(`row without a trace: ${id}`)
    for (const id of without(traced, rows)) wrong.push(`trace without a row: ${id}`)
    for (const { id } of acknowledged) if (!rows.has(id)) wrong.push(`acknowledged and lost: ${id}`)
    const known = await this.#names(
      `SELECT object_id::text AS id FROM vault.idempotency_keys WHERE key = ANY('{${[...mayBe].join()}}')`,
    )
    const expected = new Set([...acknowledged.map(({ id }) => id), ...known])
    for (const id of without(rows, expected)) wrong.push(`nobody sent it: ${id}`)
    const halves: Record<string, string> = {
      'objects without three secrets': `SELECT count(*) AS n FROM vault.objects o WHERE 3 <>
        (SELECT count(*) FROM vault.object_secrets s WHERE s.object_id = o.id)`,
      'secrets without an object': `SELECT count(*) AS n FROM vault.object_secrets s
        WHERE NOT EXISTS (SELECT FROM vault.objects o WHERE o.id = s.object_id)`,
      'keys without an object': `SELECT count(*) AS n FROM vault.idempotency_keys k
        WHERE NOT EXISTS (SELECT FROM vault.objects o WHERE o.id = k.object_id)`,
      'objects whose trace is another': `SELECT count(*) AS n FROM vault.objects o
        LEFT JOIN journal.traces t ON t.seq = o.deposit_seq WHERE t.object IS DISTINCT FROM o.id`,
      'objects twice': `SELECT count(*) - count(DISTINCT sha256) AS n FROM vault.objects`,
      'traces counted and not there': `SELECT size - (SELECT count(*) FROM journal.traces) AS n FROM journal.state`,
      'traces without a checkpoint': `SELECT size - (SELECT max(size) FROM journal.checkpoints) AS n FROM journal.state`,
    }
    for (const [what, sql] of Object.entries(halves)) {
      const found = await this.number(sql)
      if (found !== 0) wrong.push(`${what}: ${found}`)
    }
    return wrong
  }

  /** Checkpoints that the journal as it is now contradicts: any would be a fork. */
  async forks(given: readonly GivenCheckpoint[]): Promise<string[]> {
    const bySize = new Map<number, string>()
    const wrong: string[] = []
    for (const { size, root } of given) {
      const hex = toHex(root)
      if ((bySize.get(size) ?? hex) !== hex) wrong.push(`two roots were given for size ${size}`)
      bySize.set(size, hex)
    }
    const stored = await this.#database.query<{ note: string }>(
      'SELECT note FROM journal.checkpoints ORDER BY size',
    )
    for (const { note } of stored.rows) {
      const { size, root } = parseCheckpoint(parseNote(note).text)
      const hex = toHex(root)
      if ((bySize.get(size) ?? hex) !== hex) wrong.push(`another root is stored for size ${size}`)
      bySize.set(size, hex)
    }
    const traces = await this.#database.query<{ bytes: Buffer }>(
      'SELECT bytes FROM journal.traces ORDER BY seq',
    )
    const range = new CompactRange(nodeCrypto)
    for (const { bytes } of traces.rows) {
      if (parseTrace(bytes).seq !== range.size) wrong.push(`trace ${range.size} is another`)
      range.append(leafHash(nodeCrypto, bytes))
      const expected = bySize.get(range.size)
      if (expected !== undefined && expected !== toHex(range.root()))
        wrong.push(`the journal forked at size ${range.size}`)
      bySize.delete(range.size)
    }
    for (const size of bySize.keys()) wrong.push(`the journal is shorter than ${size}`)
    return wrong
  }

  /** Recomputes journal and store from stored bytes, as `box fsck` does. @returns what differs */
  async differences(): Promise<string[]> {
    const { settings } = this.#world
    const keys = await openProvider(settings.keys)
    try {
      const key = await keys.publicKey(await keyOf(keys, KEY_LABELS.journal))
      const size = await this.number('SELECT size AS n FROM journal.state')
      const result = await recompute(
        {
          database: this.#database,
          crypto: nodeCrypto,
          files: new ObjectFiles(settings.home),
          ciphers: new VaultCiphers(keys, this.#database, settings.boxId, systemRandomness),
          origin: settings.origin,
          journalKeys: await readSigningKeys(this.#database, nodeCrypto, settings.origin, key),
        },
        size,
      )
      return [...result.journal.findings, ...result.store.findings].map((finding) =>
        JSON.stringify(finding),
      )
    } finally {
      await keys.close()
    }
  }
}
