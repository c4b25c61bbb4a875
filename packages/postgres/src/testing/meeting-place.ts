import { createHash } from 'node:crypto'
import { lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where test processes of one clone and one user find the server that they share. */
export interface MeetingPlace {
  folder: string
  /** Unix socket of the keeper. */
  socket: string
}

const PROJECT = resolve(import.meta.dirname, '../../../..')

/** Same for every process of this clone; the folder is ours alone, since passwords pass there. */
export async function meetingPlace(): Promise<MeetingPlace> {
  const uid = process.getuid?.() ?? 0
  const clone = createHash('sha256').update(PROJECT).digest('hex').slice(0, 12)
  const base = tmpdir().length > 50 ? '/tmp' : tmpdir()
  const folder = join(base, `probant-test-${uid}-${clone}`)
  await mkdir(folder, { mode: 0o700, recursive: true })
  const status = await lstat(folder)
  if (!status.isDirectory() || status.uid !== uid || (status.mode & 0o077) !== 0)
    throw new Error(`${folder} is not a private folder of ours: remove it`)
  return { folder, socket: join(folder, 'keeper') }
}
