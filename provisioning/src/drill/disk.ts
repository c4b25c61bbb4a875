import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { homePaths } from '../installation/layout.ts'
import { superuserPool } from './copy.ts'
import type { Specimen } from './specimen.ts'

const run = promisify(execFile)

/** What the box’s disk holds beside its database: files, remembered heads, the agent’s memory, keys. */
const FOLDERS = ['box', 'agent', 'keys/box', 'keys/agent']
const ATTEMPTS = 100
const PAUSE_MS = 100

/** Copies the disk of the box, not of the centre, which stands elsewhere. The box stands still meanwhile. */
export async function copyDisk(specimen: Specimen): Promise<void> {
  await whileStill(specimen, async () => {
    await moveDatabases(specimen, ['CREATE DATABASE box_older TEMPLATE box'])
    for (const name of FOLDERS) {
      await run('mkdir', ['-p', join(older(specimen), name)])
      await run('cp', ['-aT', join(specimen.home, name), join(older(specimen), name)])
    }
  })
  await specimen.restart('appliance')
  await specimen.restart('agent')
}

/** Puts that copy in the place of what is there, without a word to anybody. */
export async function putDiskBack(specimen: Specimen): Promise<void> {
  await whileStill(specimen, async () => {
    await moveDatabases(specimen, [
      'ALTER DATABASE box RENAME TO box_newer',
      'ALTER DATABASE box_older RENAME TO box',
    ])
    for (const name of FOLDERS) {
      await rm(join(specimen.home, name), { recursive: true })
      await run('cp', ['-aT', join(older(specimen), name), join(specimen.home, name)])
    }
  })
  await specimen.restart('appliance')
  await specimen.restart('agent')
}

const older = ({ home }: Specimen) => `${homePaths(home).box}-older`

/** Stopped processes keep their connections, which a database that is copied or renamed may not have. */
async function whileStill(specimen: Specimen, work: () => Promise<void>): Promise<void> {
  for (const part of ['appliance', 'agent'] as const) await specimen.end(part, 'SIGSTOP')
  await work()
}

async function moveDatabases(specimen: Specimen, statements: readonly string[]): Promise<void> {
  const pool = await superuserPool(specimen.home, 'postgres')
  try {
    for (const statement of statements)
      for (let attempt = 1; ; attempt += 1) {
        await pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'box%'`,
        )
        try {
          await pool.query(statement)
          break
        } catch (error) {
          // somebody connected again in between
          if (attempt === ATTEMPTS) throw error
        }
        await specimen.clock.sleep(PAUSE_MS)
      }
  } finally {
    await pool.close()
  }
}
