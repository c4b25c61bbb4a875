import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import koffi from 'koffi'
import t from 'tap'
import {
  Counter,
  createLogger,
  createMetrics,
  notifySystemd,
  watchdogIntervalMs,
} from '../src/index.ts'

const HOST = join(import.meta.dirname, '../src/index.ts')

await t.test('log lines are JSON objects without secrets', (t) => {
  const lines: string[] = []
  const log = createLogger({ component: 'box', destination: { write: (line) => lines.push(line) } })
  log.info(
    {
      password: 'p1',
      database: { password: 'p2', owner: { password: 'p3', user: 'box_owner' } },
      req: { headers: { authorization: 'Bearer p4', cookie: 'p5', host: 'localhost' } },
      res: { headers: { 'set-cookie': 'p6' } },
    },
    'started',
  )
  log.debug('below the level')
  t.equal(lines.length, 1)
  t.notMatch(lines[0], /p[1-6]/)
  const line: unknown = JSON.parse(lines[0] ?? '')
  t.match(line, { level: 'info', component: 'box', msg: 'started', password: '[redacted]' })
  t.match(line, { time: /^\d{4}-\d\d-\d\dT.*Z$/, database: { owner: { user: 'box_owner' } } })
  t.end()
})

await t.test('a metrics registry labels everything with its component', async (t) => {
  const metrics = createMetrics({ component: 'agent' })
  new Counter({ name: 'probant_heads_total', help: 'Heads sent.', registers: [metrics] }).inc(2)
  const text = await metrics.metrics()
  t.match(text, 'probant_heads_total{component="agent"} 2')
  t.match(text, /process_resident_memory_bytes\{component="agent"\} \d+/)
})

await t.test('systemd hears the state through libsystemd', (t) => {
  t.equal(notifySystemd({ ready: true }), false, 'nobody listens')
  // a socket's path is short
  const folder = mkdtempSync(join(tmpdir(), 'notify-'))
  const socket = listenForDatagrams(join(folder, 'socket'))
  t.teardown(() => {
    socket.close()
    rmSync(folder, { recursive: true })
  })
  process.env['NOTIFY_SOCKET'] = socket.path
  t.teardown(() => delete process.env['NOTIFY_SOCKET'])
  t.equal(notifySystemd({ ready: true, status: 'serving\nREADY=0' }), true)
  t.equal(socket.receive(), 'READY=1\nSTATUS=serving READY=0')
  t.equal(notifySystemd({ watchdog: true }), true)
  t.equal(socket.receive(), 'WATCHDOG=1')
  t.equal(notifySystemd({ stopping: true }), true)
  t.equal(socket.receive(), 'STOPPING=1')
  t.end()
})

await t.test('a missing libsystemd is a warning, once, and never a failure', async (t) => {
  const folder = t.testdir({ 'libsystemd.so.0': '' })
  const { code, output } = await run(
    `import { notifySystemd } from ${JSON.stringify(HOST)}
     console.log(notifySystemd({ ready: true }), notifySystemd({ watchdog: true }))`,
    { NOTIFY_SOCKET: '/nonexistent', LD_LIBRARY_PATH: folder },
  )
  t.equal(code, 0)
  t.match(output, 'false false')
  t.equal(output.match(/install libsystemd0/g)?.length, 1)
})

await t.test('the watchdog is fed twice per limit, by the process it is meant for', (t) => {
  t.equal(watchdogIntervalMs({}), undefined)
  t.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000' }), 15_000)
  t.equal(watchdogIntervalMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }), undefined)
  const ours = { WATCHDOG_USEC: '3000', WATCHDOG_PID: String(process.pid) }
  t.equal(watchdogIntervalMs(ours), 1)
  t.equal(watchdogIntervalMs({ WATCHDOG_USEC: 'soon' }), undefined)
  t.end()
})

await t.test('a signal runs the handler once, then the process ends', async (t) => {
  const polite = `onShutdown(async (signal) => { console.log('closing', signal); await sleep(200) }, { timeoutMs: 5000 })`
  t.strictSame(await signalled(polite, ['SIGINT', 'SIGTERM']), {
    code: 0,
    output: 'closing SIGINT\n',
  })
  const failing = `onShutdown(() => { throw new Error('no') }, { timeoutMs: 5000 })`
  t.match(await signalled(failing, ['SIGTERM']), { code: 1 })
  const stuck = `onShutdown(() => new Promise(() => {}), { timeoutMs: 50 })`
  t.match(await signalled(stuck, ['SIGTERM']), { code: 1 })
  const withdrawn = `onShutdown(() => console.log('wrong'), { timeoutMs: 5000 })()`
  t.match(await signalled(withdrawn, ['SIGTERM']), { code: null, output: '' })
})

interface Outcome {
  code: number | null
  output: string
}

/** Runs `body`, waits until it is ready, sends the signals 20 ms apart. */
async function signalled(body: string, signals: NodeJS.Signals[]): Promise<Outcome> {
  const script = `import { onShutdown } from ${JSON.stringify(HOST)}
    import { setTimeout as sleep } from 'node:timers/promises'
    ${body}
    process.stdin.resume().on('end', () => process.exit(9))
    process.stdout.write('ready\\n')`
  return run(script, {}, async (child) => {
    for (const signal of signals) {
      child.kill(signal)
      await delay(20)
    }
  })
}

async function run(
  script: string,
  environment: Record<string, string>,
  onReady?: (child: ReturnType<typeof spawn>) => Promise<void>,
): Promise<Outcome> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env['PATH'], ...environment },
    // it ends with us, however we end
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (text.startsWith('ready\n')) void onReady?.(child)
  })
  await once(child, 'close')
  return { code: child.exitCode, output: output.replace('ready\n', '') }
}

/** A datagram socket, which Node's own API can't open in the Unix domain. */
function listenForDatagrams(path: string) {
  const libc = koffi.load('libc.so.6')
  const call = (signature: string, ...args: unknown[]) => Number(libc.func(signature)(...args))
  const socket = call('int socket(int domain, int type, int protocol)', 1, 2, 0)
  const address = Buffer.alloc(110)
  address.writeUInt16LE(1, 0)
  address.write(path, 2)
  const bound = call('int bind(int fd, void *address, uint32_t length)', socket, address, 110)
  if (bound !== 0) throw new Error(`cannot bind ${path}`)
  return {
    path,
    receive() {
      const buffer = Buffer.alloc(1000)
      const length = call(
        'int64_t recv(int fd, _Out_ uint8_t *buffer, size_t length, int flags)',
        ...[socket, buffer, 1000, 0x40],
      )
      return buffer.subarray(0, Math.max(0, length)).toString('utf8')
    },
    close: () => call('int close(int fd)', socket),
  }
}
