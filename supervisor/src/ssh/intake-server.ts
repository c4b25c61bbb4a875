import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { FrameChannel, guardChannel, ShippingError, SUBSYSTEM } from '@probant/shipping'
import ssh2, { type Connection, type ServerChannel } from 'ssh2'
import type { Context } from '../context.ts'
import { Admission, ADMISSION_LIMITS, type AdmissionLimits } from './admission.ts'
import { Authentication } from './authentication.ts'
import { converse } from './conversation.ts'
import type { HostKey } from './host-key.ts'
import { rekeyRegularly } from './rekeying.ts'

export interface IntakeOptions {
  hostKey: HostKey
  host: string
  port: number
  limits?: AdmissionLimits
  /** Called with an error after which the process must not go on. */
  halt: (error: unknown) => void
}

export interface IntakeServer {
  port: number
  /** Ends every session, when the step it is at is done; what was committed stays, what wasn't is shipped again. */
  close(): Promise<void>
}

/** After its key was accepted, a box must ask for what it came for. */
const SUBSYSTEM_MS = 30_000
/** How long a peer may take to hang up. */
const HANG_UP_MS = 5_000

/**
 * The SSH server on which agents dial in. One channel, one subsystem; ssh2 refuses by itself whatever has no listener here:
 * pty, exec, shell, sftp, env, agent and port forwarding.
 */
export async function startIntake(context: Context, options: IntakeOptions): Promise<IntakeServer> {
  const admission = new Admission(options.limits ?? ADMISSION_LIMITS, context.figures)
  const sockets = new Map<string, Socket>()
  const sessions = new Set<Promise<void>>()
  const ssh = new ssh2.Server(
    {
      hostKeys: [options.hostKey.privateKey],
      ident: 'Probant',
      // no compression: a bomb must meet the limits of the segment alone
      algorithms: { compress: ['none'] },
      keepaliveInterval: 30_000,
      keepaliveCountMax: 4,
    },
    (connection, { ip, port }) => {
      const socket = sockets.get(`${ip}|${port}`)
      if (socket === undefined) connection.end()
      else serve(context, connection, socket, admission, sessions, options)
    },
  )
  // our own listener sees a connection before it has said a word, which ssh2's doesn't
  const listener = createServer((socket) => {
    if (!admission.admit(socket)) return
    const name = `${socket.remoteAddress ?? ''}|${socket.remotePort ?? 0}`
    sockets.set(name, socket)
    socket.once('close', () => sockets.delete(name))
    socket.setNoDelay(true)
    ssh.injectSocket(socket)
  })
  await listen(listener, options)
  const address = listener.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    async close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()))
      admission.closeAll()
      await closed
      await Promise.all(sessions)
    },
  }
}

function serve(
  context: Context,
  connection: Connection,
  socket: Socket,
  admission: Admission,
  sessions: Set<Promise<void>>,
  { halt }: IntakeOptions,
): void {
  const { logger } = context
  const authentication = new Authentication(context)
  const drop = (error: unknown) => {
    logger.info({ reason: error instanceof Error ? error.message : 'unknown' }, 'dropped a peer')
    socket.destroy()
  }
  // protocol errors and resets are the peer's or the network's: ssh2 closes the socket itself
  connection.on('error', (error) => logger.debug({ reason: error.message }, 'ssh error'))
  connection.on('authentication', (request) => {
    authentication.answer(request).then((goesOn) => {
      if (!goesOn) drop(new Error('too many attempts to authenticate'))
    }, drop)
  })
  connection.on('ready', () => {
    admission.recognise(socket, authentication.box?.boxId ?? '')
    const idle = setTimeout(() => drop(new Error('nothing was asked for')), SUBSYSTEM_MS)
    socket.once('close', () => clearTimeout(idle))
    rekeyRegularly(connection, socket)
    let isOpen = false
    connection.on('session', (accept, reject) => {
      if (isOpen) {
        reject()
        return
      }
      isOpen = true
      accept().on('subsystem', (acceptSubsystem, rejectSubsystem, { name }) => {
        if (name !== SUBSYSTEM) {
          refuse(rejectSubsystem)
          return
        }
        clearTimeout(idle)
        const channel = acceptSubsystem()
        const session = talk(context, authentication, channel, drop, halt).then(
          () => hangUp(connection, channel),
          drop,
        )
        sessions.add(session)
        void session.finally(() => sessions.delete(session))
      })
    })
  })
}

/** Ends the connection once the peer has taken the last answer and closed the channel too, or doesn't in time. */
function hangUp(connection: Connection, channel: ServerChannel): void {
  const late = setTimeout(() => connection.end(), HANG_UP_MS)
  channel.once('close', () => {
    clearTimeout(late)
    connection.end()
  })
}

/** ssh2 gives no function where the client wants no reply. */
function refuse(reject: unknown): void {
  if (typeof reject === 'function') Reflect.apply(reject, undefined, [])
}

async function talk(
  context: Context,
  { box }: Authentication,
  channel: ServerChannel,
  drop: (error: unknown) => void,
  halt: (error: unknown) => void,
): Promise<void> {
  if (box === undefined) throw new Error('a channel before authentication')
  guardChannel(channel, (error: ShippingError) => {
    context.figures.refusedConnections.inc({ reason: error.code })
    drop(error)
  })
  const frames = new FrameChannel(channel)
  await converse(context, box, frames, halt)
  channel.exit(0)
  frames.end()
}

function listen(listener: NetServer, { host, port }: IntakeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(port, host, resolve)
  })
}
