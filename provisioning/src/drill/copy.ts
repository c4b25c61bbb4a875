import { execFile } from 'node:child_process'
import { chmod, chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createPool, type Client, type Database } from '@probant/postgres'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { homePaths } from '../installation/layout.ts'

const run = promisify(execFile)

/** What names the running installation’s own processes, and its logs and messages: none of it may be in a copy. */
const LEFT_OUT = ['postgres', 'postgres.run', 'processes.json', 'demo.json', 'logs', 'mail']
/** Likewise in PostgreSQL’s folder. */
const OF_THE_SERVER = ['postmaster.pid', 'postmaster.opts']

const databasePlace = Type.Object({
  database: Type.Object({ socketFolder: Type.String(), port: Type.Integer() }),
})

const backupEnd = Type.Object({ labelfile: Type.String() })

/** A folder in which copies are made and thrown away. */
export async function makeCopyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'probant-drill-'))
  // PostgreSQL passes through it under a uid of its own.
  await chmod(folder, 0o711)
  return folder
}

/**
 * A consistent copy of a running installation, which is only read: PostgreSQL’s folder by its own low-level backup, the files before it
 * (what is remembered outside the database must not be newer than the database) and, where files are only ever added, after it as well.
 */
export async function copyRunning(home: string, target: string): Promise<void> {
  await copyFiles(home, target)
  await asSuperuser(home, 'postgres', async (client) => {
    await client.query(`SELECT pg_backup_start('probant drill', fast => true)`)
    await copyTree(homePaths(home).database, homePaths(target).database)
    const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)')
    const end = Value.Parse(backupEnd, rows[0])
    await copyTree(
      join(homePaths(home).database, 'pg_wal'),
      join(homePaths(target).database, 'pg_wal'),
    )
    await writeLabel(homePaths(target).database, end.labelfile)
  })
  for (const name of OF_THE_SERVER)
    await rm(join(homePaths(target).database, name), { force: true })
  await addNewFiles(home, target)
}

/** A copy of what doesn’t run. */
export async function copyAtRest(home: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true })
  await run('cp', ['-a', home, target])
}

async function copyFiles(home: string, target: string): Promise<void> {
  await run('mkdir', ['-m', '711', target])
  for (const name of await readdir(home))
    if (!LEFT_OUT.includes(name)) await run('cp', ['-a', join(home, name), join(target, name)])
}

async function addNewFiles(home: string, target: string): Promise<void> {
  for (const name of ['box', 'centre'])
    await run('cp', ['-an', `${join(home, name)}/.`, join(target, name)])
}

/** As a file of the server’s own user, who renames it once it has recovered. */
async function writeLabel(database: string, label: string): Promise<void> {
  const path = join(database, 'backup_label')
  await writeFile(path, label, { mode: 0o600 })
  const { uid, gid } = await stat(database)
  await chown(path, uid, gid)
}

/** A server at work removes files while they are read; its own log has what such a copy lacks. */
async function copyTree(from: string, to: string): Promise<void> {
  await run('cp', ['-aT', from, to]).catch((error: unknown) => {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    const others = said.split('\n').filter((line) => line !== '' && !/No such file/.test(line))
    if (others.length > 0 || said === '') throw error
  })
}

/** Connections as PostgreSQL’s superuser. */
export async function superuserPool(home: string, database: string): Promise<Database> {
  const text = await readFile(homePaths(home).settings('appliance'), 'utf8')
  const { socketFolder, port } = Value.Parse(databasePlace, JSON.parse(text)).database
  const password = (await readFile(`${homePaths(home).database}.superuser`, 'utf8')).trim()
  return createPool({ socketFolder, port, database, user: 'postgres', password, max: 1 })
}

/** One transaction as PostgreSQL’s superuser, for whom no trigger runs. */
export async function asSuperuser<T>(
  home: string,
  database: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const pool = await superuserPool(home, database)
  try {
    return await pool.transaction(async (client) => {
      await client.query('SET LOCAL session_replication_role = replica')
      return work(client)
    })
  } finally {
    await pool.close()
  }
}
