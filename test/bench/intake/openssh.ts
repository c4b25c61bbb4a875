import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { newAgentKey } from '../../../supervisor/test/support/agent.ts'

const SSHD = '/usr/sbin/sshd'

/** OpenSSH's own server on loopback, which lets one key in. */
export interface OpenSsh {
  readonly port: number
  /** One connection whose bytes are read and thrown away. */
  send(pieces: readonly Uint8Array[]): Promise<void>
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
    port,
    async send(pieces) {
      const client = spawn('ssh', [
        ...['-F', 'none', '-T', '-p', String(port), '-i', path('client')],
        ...['-o', `UserKnownHostsFile=${path('known')}`, '-o', 'StrictHostKeyChecking=no'],
        ...['-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR'],
        ...[`${userInfo().username}@127.0.0.1`, 'cat > /dev/null'],
      ])
      const closed = once(client, 'close')
      for (const piece of pieces) if (!client.stdin.write(piece)) await once(client.stdin, 'drain')
      client.stdin.end()
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
