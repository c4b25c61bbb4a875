import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import t from 'tap'
import { decodeMessage, encodeFrame, encodeMessage, FrameDecoder } from '@probant/shipping'
import { formatTime } from '@probant/host'
import { Admission } from '../src/ssh/admission.ts'
import { createFigures } from '../src/figures.ts'
import { newPrivateKey } from '../src/ssh/host-key.ts'
import { rekeyRegularly } from '../src/ssh/rekeying.ts'
import { dial, newAgentKey, TestAgent, type AgentKey } from './support/agent.ts'
import { TestCentre, type Followed } from './support/centre.ts'

let centre: TestCentre
let followed: Followed
let folder: string
let port: number

t.before(async () => {
  centre = await TestCentre.start(t)
  followed = await centre.follow('box-1')
  port = centre.centre.ports.ssh
  folder = await mkdtemp(join(tmpdir(), 'probant-ssh-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
})

/** OpenSSH's own client, with the centre's host key pinned as an agent pins it. */
async function openssh(key: AgentKey, words: string[], input: Uint8Array = new Uint8Array()) {
  const identity = join(folder, `key-${words.length}-${Math.floor(performance.now())}`)
  await writeFile(identity, key.privateKey, { mode: 0o600 })
  const known = join(folder, 'known')
  const { sshHostKey } = centre.initialised
  await writeFile(known, `[127.0.0.1]:${port} ssh-ed25519 ${sshHostKey}\n`)
  const child = spawn('ssh', [
    ...['-F', 'none', '-T', '-p', String(port), '-i', identity],
    ...['-o', `UserKnownHostsFile=${known}`, '-o', 'StrictHostKeyChecking=yes'],
    ...['-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10'],
    ...words,
  ])
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output: Buffer.concat(output), errors: Buffer.concat(errors).toString('utf8') }
}

const target = 'box-1@127.0.0.1'

void t.test('OpenSSH’s client opens the subsystem with the enrolled key', async (t) => {
  const hello = encodeMessage('hello', {
    protocol: 1,
    origin: followed.box.origin,
    boxTime: formatTime(centre.clock.nowMs()),
    databaseSize: 1,
  })
  const input = Buffer.concat([encodeFrame('hello', hello), encodeFrame('bye', new Uint8Array())])
  const { output, errors } = await openssh(followed.key, ['-s', target, 'probant-journal'], input)
  const decoder = new FrameDecoder()
  decoder.push(output)
  const frame = decoder.next()
  t.equal(frame?.name, 'welcome', errors)
  t.match(decodeMessage('welcome', frame?.payload ?? new Uint8Array()), {
    witnessed: null,
    audited: null,
  })
})

void t.test('and is refused everything else', async (t) => {
  const { key } = followed
  const refused: [string, string[]][] = [
    ['another subsystem', ['-s', target, 'sftp']],
    ['exec', [target, 'id']],
    ['a shell', [target]],
    ['a terminal', ['-tt', target, 'id']],
    ['a forwarded port', ['-W', 'localhost:22', target]],
    ['a listening port', ['-N', '-o', 'ExitOnForwardFailure=yes', '-R', '0:localhost:22', target]],
    ['an environment', ['-o', 'SetEnv=A=b', target, 'id']],
  ]
  for (const [what, words] of refused) {
    const { code, output, errors } = await openssh(key, words)
    t.not(code, 0, `${what}: ${errors.trim()}`)
    t.equal(output.length, 0, what)
  }
})

void t.test('who is not the box gets no further than the door', async (t) => {
  const strangers: [string, string, AgentKey | undefined, ssh2.ConnectConfig][] = [
    ['another key', 'box-1', newAgentKey(), {}],
    ['an unknown box', 'nobody', followed.key, {}],
    ['a password', 'box-1', undefined, { password: 'x' }],
    ['no proof at all', 'box-1', undefined, {}],
    ['questions and answers', 'box-1', undefined, { tryKeyboard: true }],
  ]
  for (const [what, user, key, more] of strangers)
    await t.rejects(dial(port, user, key, more), /authentication|closed/, what)
  const { rows } = await centre.database.query<{ refused_key_at: Date | null }>(
    'SELECT refused_key_at FROM centre.boxes',
  )
  t.ok(rows[0]?.refused_key_at, 'another key under the name of a box is noted')
  t.same(await centre.kinds('box-1'), [], 'but nobody is accused of what anyone can do')
})

/** Presents one key and signs with another: what anyone can do who has seen a public key. */
class Impostor extends ssh2.BaseAgent<ssh2.ParsedKey> {
  readonly #shown: ssh2.ParsedKey
  readonly #own: ssh2.ParsedKey

  constructor(shown: AgentKey, own: AgentKey) {
    super()
    this.#shown = parsed(shown)
    this.#own = parsed(own)
  }

  override getIdentities(done: (error: Error | undefined, keys?: ssh2.ParsedKey[]) => void): void {
    done(undefined, [this.#shown])
  }

  override sign(
    _key: ssh2.ParsedKey,
    data: Buffer,
    options: ssh2.SigningRequestOptions | ((error: Error | undefined, signature?: Buffer) => void),
    done?: (error: Error | undefined, signature?: Buffer) => void,
  ): void {
    const answer = typeof options === 'function' ? options : done
    answer?.(undefined, this.#own.sign(data))
  }
}

function parsed(key: AgentKey): ssh2.ParsedKey {
  const found = ssh2.utils.parseKey(key.privateKey)
  if (found instanceof Error) throw found
  return found
}

void t.test('an enrolled key without its private half opens nothing', async (t) => {
  const rightful = new Impostor(followed.key, followed.key)
  const client = await dial(port, 'box-1', undefined, { agent: rightful })
  client.end()
  const impostor = new Impostor(followed.key, newAgentKey())
  await t.rejects(dial(port, 'box-1', undefined, { agent: impostor }), /authentication|closed/)
})

void t.test('a key that was revoked is refused at once', async (t) => {
  const other = await centre.follow('revoked')
  await centre.head(other)
  await centre.database.query(
    "UPDATE centre.agent_keys SET revoked_at = now() WHERE box_id = 'revoked'",
  )
  await t.rejects(centre.connect(other))
})

void t.test('one channel and one subsystem a connection', async (t) => {
  const client = await dial(port, 'box-1', followed.key)
  const subsystem = () =>
    new Promise<ssh2.ClientChannel>((resolve, reject) =>
      client.subsys('probant-journal', (error, channel) =>
        error === undefined ? resolve(channel) : reject(error),
      ),
    )
  await subsystem()
  await t.rejects(subsystem())
  client.end()
})

/** An agent that breaks the rules of ssh2's channels from inside its own process. */
async function rudeAgent(): Promise<TestAgent> {
  const agent = await TestAgent.connect(port, 'box-1', followed.key)
  agent.client.on('error', () => undefined)
  return agent
}

/** What ssh2's client keeps to itself. */
function protocolOf(client: ssh2.Client): object {
  const protocol: unknown = Reflect.get(client, '_protocol')
  if (typeof protocol !== 'object' || protocol === null) throw new Error('ssh2 changed')
  return protocol
}

function gone(client: ssh2.Client): Promise<unknown> {
  return once(client, 'close')
}

void t.test('a peer that ignores its window is dropped', async (t) => {
  const { box, key } = await centre.follow('rude')
  const before = process.memoryUsage().rss
  const flooder = spawn(process.execPath, [
    join(import.meta.dirname, 'support/flooder.ts'),
    ...[String(port), box.boxId, box.origin, String(centre.clock.nowMs())],
  ])
  flooder.stdin.end(key.privateKey)
  let most = 0
  const watching = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20)
  await once(flooder, 'close')
  clearInterval(watching)
  t.ok(
    most - before < 200 * 1024 * 1024,
    `memory grew by ${Math.round((most - before) / 2 ** 20)} MiB`,
  )
  const metrics = await centre.centre.context.figures.registry.metrics()
  t.match(metrics, /ssh_refused_total{reason="window-overrun",component="supervisor"} 1/)
})

void t.test('a peer that announces tiny packets is refused', async (t) => {
  const client = new ssh2.Client()
  client.on('error', () => undefined)
  const ready = once(client, 'ready')
  client.connect({
    host: '127.0.0.1',
    port,
    username: 'box-1',
    privateKey: followed.key.privateKey,
  })
  await ready
  // what ssh2's client sends to open a channel, with another packet size
  const protocol = protocolOf(client)
  const session: unknown = Reflect.get(protocol, 'session')
  if (typeof session !== 'function') throw new Error('ssh2 changed')
  const tiny = (channel: unknown, window: unknown) => {
    Reflect.apply(session, protocol, [channel, window, 0])
  }
  Object.assign(protocol, { session: tiny })
  const closed = gone(client)
  client.subsys('probant-journal', () => undefined)
  await closed
  t.pass('and the centre goes on')
  t.equal((await centre.head(followed)).status, 200)
})

void t.test(
  'frames out of order, unknown, cut or too long end the session and nothing else',
  async (t) => {
    const attacks: [string, (agent: TestAgent) => void][] = [
      [
        'a head before hello',
        (agent) => agent.stream.write(encodeFrame('head', Buffer.from('{}'))),
      ],
      ['an unknown frame', (agent) => agent.stream.write(Buffer.of(0, 0, 0, 1, 77))],
      ['a frame of 4 GiB', (agent) => agent.stream.write(Buffer.of(255, 255, 255, 255, 5))],
      [
        'deep nesting',
        (agent) => agent.stream.write(encodeFrame('hello', Buffer.from('['.repeat(400_000)))),
      ],
      ['no end of a frame', (agent) => agent.stream.end(Buffer.of(0, 0, 1))],
    ]
    for (const [what, attack] of attacks) {
      const agent = await rudeAgent()
      const closed = gone(agent.client)
      attack(agent)
      agent.stream.resume()
      await closed
      t.pass(what)
    }
    t.equal((await centre.head(followed)).status, 200)
    t.same(await centre.kinds('box-1'), [])
  },
)

void t.test('new session keys in the middle of a session', async (t) => {
  const agent = await TestAgent.connect(port, 'box-1', followed.key)
  await agent.hello(followed.box, { boxTimeMs: centre.clock.nowMs() })
  for (let round = 0; round < 3; round++) {
    const rekey: unknown = Reflect.get(protocolOf(agent.client), 'rekey')
    if (typeof rekey !== 'function') throw new Error('ssh2 changed')
    Reflect.apply(rekey, protocolOf(agent.client), [])
    followed.box.acts(1)
    t.equal((await agent.head(followed.box, { oldSize: followed.box.size - 1 })).status, 200)
  }
  await agent.bye()
})

void t.test('the centre asks for new keys by itself', async (t) => {
  const server = new ssh2.Server({ hostKeys: [newPrivateKey()] }, (connection) => {
    connection.on('error', () => undefined)
    connection.on('authentication', (request) => request.accept())
    const socket: unknown = Reflect.get(connection, '_sock')
    if (!(socket instanceof Socket)) throw new Error('ssh2 changed')
    rekeyRegularly(connection, socket, { everyMs: 30, everyBytes: Infinity, lookEveryMs: 10 })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const own = typeof address === 'object' && address !== null ? address.port : 0
  const client = await dial(own, 'x', undefined, { password: 'x' })
  let handshakes = 0
  client.on('handshake', () => handshakes++)
  while (handshakes < 2) await new Promise((resolve) => setTimeout(resolve, 10))
  client.end()
  t.ok(handshakes >= 2)
})

void t.test('strangers get little time and little room', async (t) => {
  const limits = {
    total: 6,
    perAddress: 5,
    perBox: 1,
    unauthenticated: 3,
    unauthenticatedMs: 300,
  }
  const admission = new Admission(limits, createFigures())
  const admitted: Socket[] = []
  const server = createServer((socket) => {
    if (admission.admit(socket)) admitted.push(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const own = typeof address === 'object' && address !== null ? address.port : 0
  const knock = async () => {
    const socket = connect(own, '127.0.0.1')
    socket.on('error', () => undefined)
    const closed = once(socket, 'close')
    await once(socket, 'connect')
    return { socket, closed }
  }
  const first = await knock()
  while (admitted.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
  const friend = admitted[0]
  if (friend !== undefined) admission.recognise(friend, 'box-1')
  const oldest = await knock()
  await Promise.all([knock(), knock(), knock()])
  await oldest.closed
  t.pass('the stranger that waited longest makes room')
  const more = await knock()
  await more.closed
  t.pass('an address has its share')
  await new Promise((resolve) => setTimeout(resolve, 400))
  t.equal(admitted.filter((socket) => !socket.destroyed).length, 1, 'only who was recognised stays')
  t.notOk(first.socket.destroyed)
  admission.closeAll()
})

void t.test('the centre closes the door on idle sockets', async (t) => {
  const sockets = Array.from({ length: 240 }, () => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    return socket
  })
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => undefined)))
  t.equal((await centre.head(followed)).status, 200, 'a box gets in past idle sockets')
  for (const socket of sockets) socket.destroy()
})

void t.test('every key that is made can be read', (t) => {
  const { parseKey } = ssh2.utils
  for (let made = 0; made < 1000; made++)
    if (parseKey(newPrivateKey()) instanceof Error) t.fail('an unreadable key')
  t.end()
})
