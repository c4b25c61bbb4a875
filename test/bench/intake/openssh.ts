import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { newAgentKey } from '../../../supervisor/test/support/agent.ts'

const SSHD = '/usr/sbin/sshd'

/** OpenSSH's own server on loopback, which lets one key in. */
export interface OpenSsh {
  /** One connection by OpenSSH's client whose bytes are read and thrown away. @param port of another server with the same keys */
  send(pieces: readonly Uint8Array[], port?: number): Promise<void>
  /** Seconds of processor time that the server and all it started have taken; what is still running isn't counted. */
  readonly processorSeconds: () => number
  readonly keys: { readonly hostKey: string; readonly clientBlob: string }
  stop(): Promise<void>
}

/** Starts sshd, if this machine has it. */
export async function startOpenSsh(folder: string): Promise<OpenSsh | undefined> {
  try {
    accessSync(SSHD)
  } catch {
    return undefined
  }
  const home = await mkdtemp(join(folder, 'probant-sshd-'))
  await chmod(home, 0o755)
  // sshd's own empty folder, which a service manager makes otherwise
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  const path = (name: string) => join(home, name)
  const [host, client] = [newAgentKey(), newAgentKey()]
  await writeFile(path('host'), host.privateKey, { mode: 0o600 })
  await writeFile(path('client'), client.privateKey, { mode: 0o600 })
  await writeFile(path('authorized'), `ssh-ed25519 ${client.blob}\n`, { mode: 0o644 })
  const port = await freePort()
  const configuration = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${path('host')}`,
    `AuthorizedKeysFile ${path('authorized')}`,
    `PidFile ${path('pid')}`,
    'AuthenticationMethods publickey',
    'StrictModes no',
    'UsePAM no',
    'MaxStartups 1000',
    'PrintMotd no',
  ]
  await writeFile(path('config'), `${configuration.join('\n')}\n`)
  const server = spawn(SSHD, ['-D', '-e', '-f', path('config')], { stdio: 'ignore' })
  await answers(port, server)
  return {
    keys: { hostKey: host.privateKey, clientBlob: client.blob },
    processorSeconds: () => processorSeconds(server.pid ?? 0),
    async send(pieces, to = port) {
      const program = spawn('ssh', [
        ...['-F', 'none', '-T', '-p', String(to), '-i', path('client')],
        ...['-o', `UserKnownHostsFile=${path('known')}`, '-o', 'StrictHostKeyChecking=no'],
        ...['-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR'],
        ...[`${userInfo().username}@127.0.0.1`, 'cat > /dev/null'],
      ])
      const closed = once(program, 'close')
      for (const piece of pieces)
        if (!program.stdin.write(piece)) await once(program.stdin, 'drain')
      program.stdin.end()
      const [code] = (await closed) as [number | null]
      if (code !== 0) throw new Error(`ssh ended with ${code ?? 'a signal'}`)
    },
    async stop() {
      const closed = once(server, 'close')
      server.kill('SIGTERM')
      await closed
      await rm(home, { recursive: true })
    },
  }
}

/** User and system time of a process and of the children it waited for, of proc(5)'s hundredths of a second. */
export function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'ascii')
    .replace(/^.*\) /, '')
    .split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
}

/** Resolves when something listens. */
async function answers(port: number, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`sshd ended with ${server.exitCode}`)
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    }),
  )
}
