import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import ssh2 from 'ssh2'
import { FrameChannel, guardChannel, SUBSYSTEM } from '@probant/shipping'
import { AgentError, messageOf } from '../errors.ts'
import type { ProviderKeyAgent } from './signing-key.ts'

export interface CentreAddress {
  host: string
  port: number
  /** The only host key accepted: SSH wire blob, base64. */
  hostKey: string
}

/** One SSH connection with one channel, the centre's subsystem open on it. */
export interface CentreConnection {
  frames: FrameChannel
  /** Ends the channel and the connection; never throws, safe to call twice. */
  close: () => void
}

/** From the first packet to the open subsystem, milliseconds. */
const OPENING_MS = 20_000
const KEEPALIVE_MS = 10_000
const UNANSWERED_KEEPALIVES = 3

const ACCEPTED_HOST_KEYS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384'] as const

/**
 * Connects, checks the pinned host key, authenticates by the agent's key alone and opens the subsystem.
 * @throws AgentError `host-key-mismatch` (with what was presented), `refused-by-centre`, `centre-unreachable`,
 * `centre-misbehaved`
 */
export async function connectToCentre(
  centre: CentreAddress,
  user: string,
  key: ProviderKeyAgent,
  openingMs = OPENING_MS,
): Promise<CentreConnection> {
  const pinned = Buffer.from(centre.hostKey, 'base64')
  const byKey: ssh2.AgentAuthMethod = { type: 'agent', username: user, agent: key }
  const client = new ssh2.Client()
  let presented = pinned
  const failed = new Promise<never>((_, reject) => {
    client.on('error', (error) => reject(explain(error, pinned, presented)))
    client.on('close', () => reject(unreachable('it closed the connection')))
  })
  const late = delay(openingMs, undefined, { ref: false }).then(() => {
    throw unreachable('it took too long to answer')
  })
  // Both may settle long after the race is over.
  failed.catch(() => undefined)
  late.catch(() => undefined)
  try {
    client.connect({
      host: centre.host,
      port: centre.port,
      username: user,
      authHandler: [byKey],
      hostVerifier: (offered: Buffer) => {
        presented = Buffer.from(offered)
        return presented.equals(pinned)
      },
      readyTimeout: openingMs,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: UNANSWERED_KEEPALIVES,
      algorithms: {
        kex: ['curve25519-sha256', 'ecdh-sha2-nistp256', 'ecdh-sha2-nistp384'],
        serverHostKey: hostKeyTypes(pinned),
        cipher: ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr'],
        hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
        compress: ['none'],
      },
    })
    await Promise.race([once(client, 'ready'), failed, late])
    return guarded(client, await Promise.race([openSubsystem(client), failed, late]))
  } catch (error) {
    client.destroy()
    throw error
  }
}

/** `SHA256:…` as OpenSSH prints it, so that people can compare. */
export function fingerprint(hostKey: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(hostKey).digest('base64').replaceAll('=', '')}`
}

function openSubsystem(client: ssh2.Client): Promise<ssh2.ClientChannel> {
  return new Promise((resolve, reject) => {
    client.subsys(SUBSYSTEM, (error, stream) => {
      if (error === undefined) resolve(stream)
      else reject(new AgentError('refused-by-centre', 'the centre opens no subsystem', error))
    })
  })
}

function guarded(client: ssh2.Client, stream: ssh2.ClientChannel): CentreConnection {
  guardChannel(stream, (error) => {
    stream.emit('error', error)
    client.destroy()
  })
  const frames = new FrameChannel(stream)
  client.on('error', (error) => stream.emit('error', error))
  client.on('close', () => stream.emit('close'))
  // What nobody reads would fill the window.
  stream.stderr.resume()
  return { frames, close: () => client.end() }
}

function explain(error: Error, pinned: Buffer, presented: Buffer): AgentError {
  if (!presented.equals(pinned))
    return new AgentError(
      'host-key-mismatch',
      `the centre's host key is ${fingerprint(presented)}, not the pinned ${fingerprint(pinned)}`,
      error,
    )
  const level = 'level' in error ? error.level : undefined
  if (level === 'client-authentication')
    return new AgentError('refused-by-centre', "the centre doesn't accept this agent's key", error)
  if (level === 'agent')
    return new AgentError('unusable-key', `signing failed: ${messageOf(error)}`, error)
  return unreachable(messageOf(error), error)
}

function unreachable(why: string, cause?: unknown): AgentError {
  return new AgentError('centre-unreachable', `the centre can't be reached: ${why}`, cause)
}

/** The pinned key's type first; the others so that an impostor's key is seen, refused and told of. */
function hostKeyTypes(pinned: Buffer): ssh2.ServerHostKeyAlgorithm[] {
  const length = pinned.length < 4 ? 0 : pinned.readUInt32BE(0)
  const name = pinned.toString('ascii', 4, 4 + length)
  const type = ACCEPTED_HOST_KEYS.find((accepted) => accepted === name)
  if (type === undefined)
    throw new AgentError('not-enrolled', 'settings: centre.hostKey is no key this agent accepts')
  return [type, ...ACCEPTED_HOST_KEYS.filter((other) => other !== type), 'rsa-sha2-512']
}
