import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { toBase64 } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import { SupervisorError } from '../errors.ts'

/** The key by which agents know the centre. */
export interface HostKey {
  /** OpenSSH private key file. */
  privateKey: string
  /** Base64 of the SSH public key blob, as agents pin it. */
  publicKey: string
}

const FILE = 'ssh-host-key'

/** Makes the host key unless there is one. ssh2 signs in the process, so it is a file and not in the key provider. */
export async function generateHostKey(home: string): Promise<HostKey> {
  const path = join(home, FILE)
  if ((await stat(path).catch(() => undefined)) === undefined)
    await writeDurably(path, newPrivateKey(), 0o600)
  return openHostKey(home)
}

/**
 * An Ed25519 key as an OpenSSH file. ssh2 1.17.0 writes an unreadable one where the public key begins with a zero byte, about
 * once in four hundred: those are made again.
 */
export function newPrivateKey(): string {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519').private
    if (!(ssh2.utils.parseKey(made) instanceof Error)) return made
  }
}

/** @throws SupervisorError `host-key` when it is missing, readable by others or no key */
export async function openHostKey(home: string): Promise<HostKey> {
  const path = join(home, FILE)
  const status = await stat(path).catch((cause: unknown) => {
    throw new SupervisorError('host-key', `${path} is missing`, cause)
  })
  if ((status.mode & 0o077) !== 0)
    throw new SupervisorError('host-key', `${path} must be readable by its owner only`)
  const privateKey = await readFile(path, 'utf8')
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error || !key.isPrivateKey())
    throw new SupervisorError('host-key', `${path} is not a private key`)
  return { privateKey, publicKey: toBase64(new Uint8Array(key.getPublicSSH())) }
}
