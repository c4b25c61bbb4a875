import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { TimestampError } from './errors.ts'
import type { LoginSource } from './settings.ts'

const MOST_BYTES = 1024

/**
 * The value of an `Authorization` header (RFC 7617) for the name and password in a file, read anew each time.
 * @throws TimestampError `bad-settings`, which never quotes what it read
 */
export async function basicLogin({ credential, file }: LoginSource): Promise<string> {
  if ((credential === undefined) === (file === undefined))
    throw fault('a login needs either a credential or a file')
  const path = file ?? credentialPath(credential ?? '')
  const handle = await open(path, constants.O_RDONLY).catch((cause: unknown) => {
    throw fault(`the login in ${path} can't be read`, cause)
  })
  try {
    const { mode, uid } = await handle.stat()
    const isOwn = uid === process.geteuid?.() || uid === 0
    // The service manager guards its folder itself and may give group rights in it.
    if (file !== undefined && ((mode & 0o077) !== 0 || !isOwn))
      throw fault(`the login in ${path} is open to others than its owner: run chmod 600 on it`)
    const bytes = Buffer.alloc(MOST_BYTES + 1)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
    const [line = ''] = bytes.toString('utf8', 0, bytesRead).split(/\r?\n/)
    if (bytesRead > MOST_BYTES || !/^[^:]+:./.test(line))
      throw fault(`${path} doesn't hold one line name:password`)
    return `Basic ${Buffer.from(line).toString('base64')}`
  } finally {
    await handle.close()
  }
}

function credentialPath(name: string): string {
  const folder = process.env['CREDENTIALS_DIRECTORY']
  if (folder === undefined)
    throw fault(`the service manager gave no credentials, so ${name} isn't there`)
  return join(folder, name)
}

const fault = (what: string, cause?: unknown) => new TimestampError('bad-settings', what, { cause })
