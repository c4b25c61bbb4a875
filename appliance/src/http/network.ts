import { loggedError, type Server } from '@probant/web'
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { isFrom, isNetwork } from '../access/networks.ts'
import type { Box } from '../box.ts'
import { BoxError } from '../errors.ts'
import type { NetworkSettings } from '../settings.ts'

/** New files take effect within a minute. */
const LOOKS_AT_FILES_EVERY_MS = 60_000
const REFUSALS_TOLD_EVERY_MS = 60_000
const MOST_ADDRESSES_KEPT = 10_000

/** The portal and the API on the company's network, over TLS. */
export interface NetworkListener {
  readonly port: number
  /** Reads certificate and key anew; files that can't be used are told in the log and change nothing. */
  look(): void
  close(): Promise<void>
}

/**
 * Answers on the network with what `api` answers on the loopback. Connections from elsewhere than the networks that the settings allow
 * are dropped before a byte of TLS is spoken; that somebody tried is journalled, once a minute for each address.
 * @throws BoxError `bad-settings` when certificate, key or networks can't be used
 */
export async function serveNetwork(
  box: Box,
  api: Server,
  settings: NetworkSettings,
): Promise<NetworkListener> {
  checkNetworks(settings)
  const server = createServer(
    {
      ...certificateOf(settings),
      minVersion: 'TLSv1.2',
      headersTimeout: 30_000,
      handshakeTimeout: 15_000,
    },
    (request, response) => {
      api.routing(request, response)
    },
  )
  const told = new Refusals(box)
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket
    if (remoteAddress !== undefined && isFrom(remoteAddress, settings.allowed)) return
    socket.destroy()
    if (remoteAddress !== undefined) told.tell(remoteAddress)
  })
  const paths = [settings.certificate, settings.key]
  const look = () => {
    try {
      server.setSecureContext(certificateOf(settings))
      box.log.info('the certificate of the network listener was read anew')
    } catch (error) {
      box.log.error(
        { error: loggedError(error) },
        'the new certificate can’t be used: the old one stays',
      )
    }
  }
  for (const path of paths)
    watchFile(path, { interval: LOOKS_AT_FILES_EVERY_MS, persistent: false }, look)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.port, settings.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    look,
    close: async () => {
      for (const path of paths) unwatchFile(path, look)
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await closed
    },
  }
}

function checkNetworks({ allowed, roles = {} }: NetworkSettings): void {
  const wrong = [allowed, ...Object.values(roles)].flat().find((range) => !isNetwork(range))
  if (wrong === undefined) return
  const message = `"${wrong}" is no network in CIDR notation, written with its first address`
  throw new BoxError('bad-settings', 'fatal', message)
}

function certificateOf({ certificate, key }: NetworkSettings) {
  try {
    const files = { cert: readFileSync(certificate), key: readFileSync(key) }
    createSecureContext(files)
    return files
  } catch (cause) {
    const message = `the certificate ${certificate} can’t be used with the key ${key}`
    throw new BoxError('bad-settings', 'fatal', message, { cause })
  }
}

/** Journals who was turned away: the first attempt of an address at once, then one a minute at most. */
class Refusals {
  readonly #box: Box
  readonly #toldMs = new Map<string, number>()

  constructor(box: Box) {
    this.#box = box
  }

  tell(address: string): void {
    const { clock, journal, log } = this.#box
    const nowMs = clock.monotonicMs()
    const lastMs = this.#toldMs.get(address)
    if (lastMs !== undefined && nowMs - lastMs < REFUSALS_TOLD_EVERY_MS) return
    this.#toldMs.delete(address)
    this.#toldMs.set(address, nowMs)
    for (const [oldest] of this.#toldMs) {
      if (this.#toldMs.size <= MOST_ADDRESSES_KEPT) break
      this.#toldMs.delete(oldest)
    }
    journal
      .record({
        act: 'access',
        outcome: 'refused',
        hidden: { address },
        data: { reason: 'other-network' },
      })
      .catch((error: unknown) => {
        log.error({ error: loggedError(error) }, 'a refused connection could not be journalled')
      })
  }
}
