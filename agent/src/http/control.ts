import { chmod, unlink } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Logger } from '@probant/host'
import { AgentError, messageOf } from '../errors.ts'

/** What the command line asks of a running agent. */
export interface Controlled {
  ship: () => Promise<object>
  status: () => Promise<object>
  /** Takes an audit receipt, the text of a note. */
  takeReceipt: (note: string) => Promise<object>
  /** The newest checkpoint of the centre's log that was seen. */
  centreLog: () => Promise<object>
  /** Holds the text of another one against it. */
  compareCentreLog: (note: string) => Promise<object>
  /** Accepts that the centre was restored, for a reason. */
  acceptCentreRestore: (reason: string) => Promise<object>
}

/** Longest path of a Unix socket, in bytes (sun_path). */
const LONGEST_SOCKET_PATH = 107

const LONGEST_BODY_BYTES = 64 * 1024

/**
 * `POST /ship`, `POST /receipts` (text), `GET /centre-log`, `POST /centre-log-comparisons` (text), `POST /accepted-centre-restores` (text)
 * and `GET /status` over a Unix socket that only the agent's own user may open.
 * @throws AgentError `unusable-file` when the path is too long; whatever listening throws
 */
export async function controlServer(
  path: string,
  agent: Controlled,
  logger: Logger,
): Promise<{ close: () => Promise<void> }> {
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH)
    throw new AgentError(
      'unusable-file',
      `controlSocket ${path} is too long: a Unix socket's path holds ${LONGEST_SOCKET_PATH} bytes`,
    )
  const server = createServer((request, response) => {
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': contentType(status) })
      response.end(`${JSON.stringify(body)}\n`)
    }
    answer(agent, request).then(
      (body) => send(200, body),
      (error: unknown) => {
        logger.warn({ err: error, url: request.url }, 'a call on the control socket failed')
        const code = error instanceof AgentError ? error.code : 'unexpected'
        send(statusOf(error), problem(code, messageOf(error)))
      },
    )
  })
  // A shipment takes as long as it takes.
  server.requestTimeout = 0
  // What an agent that was killed left behind.
  await unlink(path).catch(() => undefined)
  await listen(server, path)
  await chmod(path, 0o600)
  return { close: () => closed(server) }
}

async function answer(agent: Controlled, request: IncomingMessage): Promise<object> {
  const text = await bodyOf(request)
  switch (`${request.method ?? ''} ${request.url ?? ''}`) {
    case 'POST /ship':
      return agent.ship()
    case 'GET /status':
      return agent.status()
    case 'POST /receipts':
      return agent.takeReceipt(text)
    case 'GET /centre-log':
      return agent.centreLog()
    case 'POST /centre-log-comparisons':
      return agent.compareCentreLog(text)
    case 'POST /accepted-centre-restores':
      return agent.acceptCentreRestore(text)
    default:
      throw new AgentError('unknown-call', 'no such call on the agent')
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue
    length += chunk.length
    if (length > LONGEST_BODY_BYTES)
      throw new AgentError('unusable-file', 'what was given is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function statusOf(error: unknown): number {
  if (!(error instanceof AgentError)) return 500
  if (error.code === 'unknown-call') return 404
  return error.kind === 'caller' ? 409 : 502
}

/** RFC 9457, for people at a terminal. */
function problem(code: string, detail: string) {
  return { type: `urn:probant:problem:agent:${code}`, title: code, detail }
}

function contentType(status: number): string {
  return status < 400 ? 'application/json' : 'application/problem+json'
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
