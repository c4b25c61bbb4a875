import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, isQuick } from './figures.ts'
import { processorSeconds, startOpenSsh } from './intake/openssh.ts'

/**
 * `front-door`: what a connection, and a byte, cost the machine in ssh2 inside the centre's process, against OpenSSH's server, which
 * starts two processes for each connection. Both by OpenSSH's client, whose own time doesn't count: figures are by second of
 * processor time of the server, so that what else runs on the machine hardly matters.
 */
const CONNECTIONS = isQuick ? 5 : 50
const MIB = isQuick ? 8 : 256
const block = new Uint8Array(1024 * 1024).fill(7)

const openssh = await startOpenSsh(tmpdir())
if (openssh === undefined) {
  process.stderr.write('sshd is missing (Debian: openssh-server): nothing to compare with\n')
  process.exit(0)
}
const door = spawn(
  process.execPath,
  [join(import.meta.dirname, '../../supervisor/test/support/front-door.ts')],
  {
    stdio: ['pipe', 'pipe', 'inherit'],
  },
)
try {
  door.stdin.end(JSON.stringify(openssh.keys))
  const [heard] = (await once(door.stdout, 'data')) as [Buffer]
  const port = Number(heard.toString())
  const doorSeconds = () => processorSeconds(door.pid ?? 0)
  await openssh.send([], port)
  const connections = async (seconds: () => number, to?: number) => {
    const before = seconds()
    for (let left = CONNECTIONS; left > 0; left--) await openssh.send([], to)
    await ended()
    return CONNECTIONS / (seconds() - before)
  }
  await compare(
    { bench: 'front-door', case: 'connections, limit sshd', unit: 'per processor second' },
    () => connections(doorSeconds, port),
    () => connections(openssh.processorSeconds),
  )
  const pieces = Array<Uint8Array>(MIB).fill(block)
  const moved = async (seconds: () => number, to?: number) => {
    const before = seconds()
    await openssh.send(pieces, to)
    await ended()
    return MIB / (seconds() - before)
  }
  await compare(
    { bench: 'front-door', case: 'bytes, limit sshd', unit: 'MiB per processor second' },
    () => moved(doorSeconds, port),
    () => moved(openssh.processorSeconds),
  )
} finally {
  door.kill('SIGTERM')
  await openssh.stop()
}

/** The server's processes of the last connection have been waited for. */
function ended(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200))
}
