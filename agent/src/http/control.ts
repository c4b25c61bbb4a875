import { chmod, unlink } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { Logger } from '@probant/host'
import { AgentError, messageOf } from '../errors.ts'

/** What the command line asks of a running agent. */
export interface Controlled {
  ship: () => Promise<object>
  status: () => Promise<object>
}

/** Longest path of a Unix socket, in bytes (sun_path). */
const LONGEST_SOCKET_PATH = 107

/**
 * `POST /ship` and `GET /status` over a Unix socket that only the agent's own user may open.
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
    request.resume()
    const send = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': contentType(status) })
      response.end(`${JSON.stringify(body)}\n`)
    }
    const work = find(agent, `${request.method ?? ''} ${request.url ?? ''}`)
    if (work === undefined) {
      send(404, problem('not-found', 'no such call on the agent'))
      return
    }
    work().then(
      (body) => send(200, body),
      (error: unknown) => {
        logger.warn({ err: error, url: request.url }, 'a call on the control socket failed')
        const code = error instanceof AgentError ? error.code : 'unexpected'
        send(code === 'not-enrolled' ? 409 : 502, problem(code, messageOf(error)))
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

function find(agent: Controlled, call: string): (() => Promise<object>) | undefined {
  if (call === 'POST /ship') return agent.ship
  if (call === 'GET /status') return agent.status
  return undefined
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
