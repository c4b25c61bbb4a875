import { constants } from 'node:fs'
import { access, mkdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { ProvisioningError, systemCode } from '../errors.ts'

/** An empty installation takes about 120 MiB, most of it PostgreSQL's; below this it would stop soon. */
const LEAST_FREE_MIB = 512
/** PostgreSQL's next write-ahead file alone takes 16 MiB. */
const FULL_BYTES = 20 * 1024 * 1024
const LEAST_FREE_INODES = 5000

/**
 * Makes PROBANT_HOME if need be and checks that it can be written to and has room.
 * @throws ProvisioningError `disk-full` or `not-writable`
 */
export async function checkDisk(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    await access(home, constants.R_OK | constants.W_OK | constants.X_OK)
    await access(tmpdir(), constants.W_OK | constants.X_OK)
  } catch (error) {
    throw await diskRefusal(error, home)
  }
  const disk = await statfs(home)
  const freeMib = Math.floor((disk.bavail * disk.bsize) / (1024 * 1024))
  if (freeMib < LEAST_FREE_MIB)
    throw new ProvisioningError(
      'disk-full',
      `Only ${freeMib} MiB are free on the disk of ${home} and at least ${LEAST_FREE_MIB} are needed: make room there, or choose a folder on another disk with PROBANT_HOME.`,
    )
  // some file systems (btrfs, overlay on it) count no inodes and say 0 of 0
  if (disk.files > 0 && disk.ffree < LEAST_FREE_INODES)
    throw new ProvisioningError(
      'disk-full',
      `Only ${disk.ffree} more files fit on the disk of ${home}: remove some there, or choose a folder on another disk with PROBANT_HOME.`,
    )
}

/**
 * Turns a failed call on the disk into a sentence, and so whatever else failed on a disk that is full
 * by now; anything else comes back as it was.
 */
export async function diskRefusal(error: unknown, home: string): Promise<unknown> {
  const refusal = callRefusal(error, home)
  if (refusal !== error) return refusal
  const disk = await statfs(home).catch(() => undefined)
  const isFull = disk !== undefined && disk.bavail * disk.bsize < FULL_BYTES
  return isFull ? full(error, home) : error
}

function callRefusal(error: unknown, home: string): unknown {
  switch (systemCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return full(error, home)
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
    case 'ENOTDIR':
      return new ProvisioningError(
        'not-writable',
        `${home} or ${tmpdir()} can't be written to by this user (${systemCode(error) ?? ''}): correct the folder's rights, or choose another folder with PROBANT_HOME.`,
        error,
      )
    default:
      return error
  }
}

function full(error: unknown, home: string): ProvisioningError {
  return new ProvisioningError(
    'disk-full',
    `The disk of ${home} or of ${tmpdir()} is full: make room, or choose a folder on another disk with PROBANT_HOME, then run npm start again.`,
    error,
  )
}
