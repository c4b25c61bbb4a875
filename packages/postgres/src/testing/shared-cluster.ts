import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { meetingPlace, type MeetingPlace } from './meeting-place.ts'

/** The test run's server; every role on it has the same password. */
export interface SharedCluster {
  socketFolder: string
  port: number
  password: string
}

const TIMEOUT_MS = 60_000
const RETRY_MS = 50
/** A keeper that hasn't opened its socket by then has failed. */
const KEEPER_START_MS = 10_000

let joined: Promise<SharedCluster> | undefined

/**
 * The server that all test processes of this clone share. Whoever comes first starts its keeper, a
 * process that ends, server included, once no test process has been connected for ten seconds (or
 * PROBANT_TEST_SERVER_IDLE_MS). This process counts until it ends.
 */
export function sharedCluster(): Promise<SharedCluster> {
  return (joined ??= joinOrStart())
}

async function joinOrStart(): Promise<SharedCluster> {
  const place = await meetingPlace()
  for (let waitedMs = 0; waitedMs < TIMEOUT_MS; waitedMs += RETRY_MS) {
    const answer = await ask(place)
    if (typeof answer === 'object') return answer
    // nobody listens on a socket that is left from a killed keeper
    if (answer === 'refused') await unlink(place.socket).catch(() => undefined)
    if (waitedMs % KEEPER_START_MS === 0) startKeeper(place)
    await delay(RETRY_MS)
  }
  throw new Error(`the shared test server doesn't answer: see ${place.folder}/keeper.log`)
}

/** Connects to the keeper; the connection stays open, without holding this process, as our lease. */
function ask(place: MeetingPlace): Promise<SharedCluster | 'refused' | 'absent'> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(place.socket)
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', (error) =>
      resolve('code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'absent'),
    )
    socket.on('close', () => resolve('absent'))
    socket.on('data', (chunk: string) => {
      text += chunk
      if (!text.endsWith('\n')) return
      const answer: unknown = JSON.parse(text)
      if (isSharedCluster(answer)) resolve(answer)
      else reject(new Error(`the shared test server didn't start: ${text.trim()}`))
      socket.unref()
    })
  })
}

function startKeeper({ folder }: MeetingPlace): void {
  const log = openSync(join(folder, 'keeper.log'), 'w', 0o600)
  const keeper = fileURLToPath(import.meta.resolve('./keeper.ts'))
  // tap puts its loaders into the environment of every child of a test
  spawn('env', ['--unset=NODE_OPTIONS', process.execPath, keeper], {
    ...{ cwd: '/', detached: true },
    stdio: ['ignore', log, log],
  }).unref()
}

function isSharedCluster(value: unknown): value is SharedCluster {
  return typeof value === 'object' && value !== null && 'socketFolder' in value
}
