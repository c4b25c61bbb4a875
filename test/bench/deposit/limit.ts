import { createPool, type Connection } from '@probant/postgres'
import { createCipheriv, hash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The least work of a correct deposit, without HTTP, metadata, proof or journal: both digests, AES-256-GCM, write, fsync, rename, fsync of
 * the folder, one row, rows of concurrent deposits grouped into one commit.
 * @returns deposits per second with `clients` loops at once
 */
export async function limitRate(
  connection: Connection,
  folder: string,
  sizeBytes: number,
  clients: number,
  deposits: number,
): Promise<number> {
  const home = await mkdtemp(join(folder, 'limit-'))
  const database = createPool({ ...connection, max: 2 })
  await database.query(
    'CREATE TABLE IF NOT EXISTS bench_limit (id text PRIMARY KEY, digests bytea)',
  )
  const content = randomBytes(sizeBytes)
  let waiting: { id: string; digests: Buffer; done: () => void }[] = []
  let committing: Promise<void> | undefined
  const commit = async () => {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      await database.query(
        'INSERT INTO bench_limit SELECT * FROM unnest($1::text[], $2::bytea[])',
        [group.map((each) => each.id), group.map((each) => each.digests)],
      )
      for (const each of group) each.done()
    }
    committing = undefined
  }
  let left = deposits
  const client = async () => {
    while (left > 0) {
      left -= 1
      const id = randomBytes(16).toString('hex')
      const digests = Buffer.concat([
        hash('sha256', content, 'buffer'),
        hash('sha3-256', content, 'buffer'),
      ])
      const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12))
      const encrypted = [cipher.update(content), cipher.final(), cipher.getAuthTag()]
      const file = await open(join(home, `${id}.part`), 'wx')
      await file.writev(encrypted)
      await file.sync()
      await file.close()
      await rename(join(home, `${id}.part`), join(home, id))
      const parent = await open(home)
      await parent.sync()
      await parent.close()
      await new Promise<void>((done) => {
        waiting.push({ id, digests, done })
        committing ??= commit()
      })
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: clients }, client))
  const seconds = (performance.now() - start) / 1000
  await database.query('DROP TABLE bench_limit')
  await database.close()
  await rm(home, { recursive: true })
  return deposits / seconds
}
