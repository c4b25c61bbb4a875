import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyError } from '../errors.ts'
import type { PinSource } from './settings.ts'

/** A PIN that this process can read by itself. */
export type StoredPin = Exclude<PinSource, { prompt: true }>

const MOST_PIN_BYTES = 255

/**
 * The PIN, read anew each time. The caller overwrites it after use.
 * @throws KeyError `not-available` (nothing there), `unsafe-permissions`
 */
export async function readPin(source: StoredPin): Promise<Buffer> {
  if ('file' in source) return pinFile(source.file, true)
  const folder = process.env['CREDENTIALS_DIRECTORY']
  if (folder === undefined) {
    throw new KeyError(
      'not-available',
      `The PIN is to come from the credential ${source.credential}, but the service manager gave none ` +
        '(LoadCredentialEncrypted= in the unit).',
    )
  }
  if (!/^[\w.-]+$/.test(source.credential) || source.credential.startsWith('.')) {
    throw new KeyError('not-available', `${source.credential} can't be the name of a credential`)
  }
  // The service manager guards the folder itself and may give group rights in it.
  return pinFile(join(folder, source.credential), false)
}

async function pinFile(path: string, ownerOnly: boolean): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY).catch((cause: unknown) => {
    throw new KeyError('not-available', `The file with the PIN, ${path}, can't be read.`, { cause })
  })
  const bytes = Buffer.alloc(MOST_PIN_BYTES + 2)
  try {
    const { mode, uid } = await file.stat()
    const isOwn = uid === process.geteuid?.() || uid === 0
    if (ownerOnly && ((mode & 0o077) !== 0 || !isOwn)) {
      throw new KeyError(
        'unsafe-permissions',
        `The file with the PIN, ${path}, is open to others than its owner: run chmod 600 on it.`,
      )
    }
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    const pin = withoutLineEnd(bytes.subarray(0, bytesRead))
    if (pin.length === 0 || pin.length > MOST_PIN_BYTES) {
      throw new KeyError('not-available', `The file ${path} holds no PIN of 1 to 255 bytes.`)
    }
    return Buffer.from(pin)
  } finally {
    bytes.fill(0)
    await file.close()
  }
}

function withoutLineEnd(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0x0a)
  return end === -1 ? bytes : bytes.subarray(0, end)
}
