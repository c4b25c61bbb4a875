import { connect, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { readFile } from 'node:fs/promises'
import { decodeMessage, encodeFrame, FRAME_TYPES, type Frame } from '@probant/shipping'
import { agentStatus, routeAgentTo } from '../agent-route.ts'
import { everythingIsThere } from '../acknowledged.ts'
import { attack, withstood, type Attack, type Deed } from '../attack.ts'
import { asTheBox, openHello } from '../as-the-box.ts'
import { readDemo } from '../demo.ts'
import { outcome, type Observation } from '../observation.ts'
import { otherHost } from '../other-host.ts'
import type { Specimen } from '../specimen.ts'

const compress = promisify(gzip)

const bySession = {
  raisedBy: 'box',
  bound: 'the next session (60 s by default), or “agent ship --now”',
  boundS: 75,
} as const

/** Who answers instead of the centre, forges what it signs, or besieges it: attacks 32 to 34. */
export const strangers: readonly Attack[] = [
  attack({
    id: '32',
    attack: 'somebody in the middle with another host key',
    expected: ['wrong-key'],
    ...bySession,
    carryOut: async (specimen) => {
      await specimen.deposit('for the centre alone')
      const host = await otherHost()
      specimen.atEnd(() => host.close())
      const before = await agentStatus(specimen)
      await routeAgentTo(specimen, host.port)
      return {
        watch: async () => {
          const isTaken = await specimen.ship()
          const { seen, receiptSize } = await agentStatus(specimen)
          const wasHeard = isTaken || receiptSize !== before.receiptSize || host.opened() > 0
          return wasHeard ? [talked(host.opened())] : seen
        },
      }
    },
  }),
  attack({
    id: '33',
    attack: 'a forged audit receipt brought to the agent',
    expected: ['bad-checkpoint-signature'],
    raisedBy: 'box',
    bound: 'at once, on the box',
    boundS: 30,
    carryOut: async (specimen) => {
      const { receipt } = await signedByCentre(specimen)
      const { status } = await specimen.askAgent('POST', '/receipts', forged(receipt))
      return {
        watch: async () =>
          status === 200 ? [taken('an audit receipt')] : (await agentStatus(specimen)).seen,
      }
    },
  }),
  withstood({
    id: '33b',
    attack: 'a forged cosignature and a forged receipt brought to the vault service itself',
    outcome: 'refused',
    raisedBy: 'box',
    bound: 'at once, on the box',
    boundS: 30,
    carryOut: async (specimen) => {
      const { receipt, cosigned } = await signedByCentre(specimen)
      const good = await specimen.askBox('POST', '/cosignatures', { note: cosigned })
      if (good.status !== 204) throw new Error(`a true cosignature is refused: ${good.text}`)
      const notes = [
        await specimen.askBox('POST', '/cosignatures', { note: forged(cosigned) }),
        await specimen.askBox('POST', '/audit-receipts', { note: forged(receipt) }),
      ]
      return {
        watch: () => {
          const expected = 'notes that the centre signed'
          const isRefused = notes.every(({ status }) => status === 422)
          return Promise.resolve([
            isRefused
              ? outcome('refused', 'box', expected, 'two that it did not sign')
              : taken(notes.map(({ status }) => status).join(', ')),
          ])
        },
      }
    },
  }),
  attack({
    id: '34',
    attack: 'hostile frames under the box’s own key: endless, unknown, nested, a compressed bomb',
    expected: ['oversized'],
    raisedBy: 'centre',
    bound: 'at once, at the centre',
    boundS: 30,
    carryOut: sendHostileFrames,
  }),
  withstood({
    id: '34b',
    attack: 'a thousand connections that say a word or none, from eight addresses',
    outcome: 'survived',
    raisedBy: 'centre',
    bound: 'at once: while they go on',
    boundS: 60,
    carryOut: siege,
  }),
]

const taken = (found: string): Observation => ({
  ...{ kind: 'forgery-taken', by: 'box', seq: null },
  ...{ expected: 'it is refused', found },
})

const talked = (found: number): Observation => ({
  ...{ kind: 'talked-to-a-stranger', by: 'box', seq: null },
  ...{ expected: 'no session', found: `${found} sessions` },
})

/** The newest notes that the centre really signed. */
async function signedByCentre(specimen: Specimen): Promise<{ receipt: string; cosigned: string }> {
  const note = await specimen.root(async (client) => {
    const { rows } = await client.query<{ receipt: string; cosigned: string }>(
      `SELECT audited_receipt AS receipt, (
         SELECT note || array_to_string(lines, E'\\n') || E'\\n' FROM centre.cosigned_heads
         ORDER BY size DESC LIMIT 1) AS cosigned FROM centre.origins`,
    )
    return rows[0]
  }, 'centre')
  if (note === undefined) throw new Error('the centre has signed nothing')
  return note
}

/** The same note, with another last byte in each signature. */
function forged(note: string): string {
  return note.replaceAll(/^(— \S+ )(\S+)$/gm, (_, name: string, base64: string) => {
    const blob = Buffer.from(base64, 'base64')
    blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1
    return `${name}${blob.toString('base64')}`
  })
}

const CONNECTIONS = 1000
/** From as many addresses: one alone may hold 256, so that it can't crowd out the others. */
const ADDRESSES = 8
const MOST_MEMORY_MIB = 400

/** Each is refused, and the process that refused them is the same at the end. */
async function sendHostileFrames(specimen: Specimen): Promise<Deed> {
  const before = await centreProcess(specimen)
  for (const [name, frames] of Object.entries(await hostileFrames()))
    if (!(await isTurnedAway(specimen, frames))) throw new Error(`${name} was not refused`)
  const after = await centreProcess(specimen)
  if (after.pid !== before.pid || after.residentMiB > before.residentMiB + MOST_MEMORY_MIB)
    throw new Error(`the centre was overwhelmed: ${after.residentMiB} MiB`)
  return {}
}

async function siege(specimen: Specimen): Promise<Deed> {
  const { pid, residentMiB } = await centreProcess(specimen)
  const deposit = await specimen.deposit('during the siege')
  const strangers = crowd(specimen.firstPort + 3)
  specimen.atEnd(() => {
    for (const stranger of strangers) stranger.destroy()
    return Promise.resolve()
  })
  await specimen.clock.sleep(1500)
  const watch = everythingIsThere(specimen, [deposit])
  return {
    watch: async () => {
      const seen = await watch()
      const open = strangers.filter(({ readyState }) => readyState === 'open').length
      const now = await centreProcess(specimen)
      const isSame = now.pid === pid && now.residentMiB < residentMiB + MOST_MEMORY_MIB
      const found = `${open} of ${CONNECTIONS} still open, ${now.residentMiB} MiB after ${residentMiB}, process ${now.pid} after ${pid}`
      return isSame
        ? seen.map((each) => ({ ...each, by: 'centre', found: `${each.found}, ${found}` }))
        : [{ kind: 'overwhelmed', by: 'centre', seq: null, expected: 'it serves on', found }]
    },
  }
}

/** What no honest agent sends: each alone, after a good hello. */
async function hostileFrames(): Promise<Record<string, readonly Uint8Array[]>> {
  const prefix = (length: number, type: number) => {
    const bytes = Buffer.alloc(5)
    bytes.writeUInt32BE(length)
    bytes[4] = type
    return bytes
  }
  const nested = Buffer.from('['.repeat(200_000))
  const bomb = Buffer.concat([Buffer.of(0), await compress(Buffer.alloc(256 * 1024 * 1024))])
  return {
    'a frame of 4 GiB': [prefix(0xffff_ffff, FRAME_TYPES.segment)],
    'a frame of no length': [prefix(0, FRAME_TYPES.head)],
    'a frame of an unknown type': [prefix(1, 200)],
    'deeply nested JSON': [encodeFrame('head', nested)],
    'JSON that is none': [encodeFrame('head', Buffer.from('{"size":1,'))],
    'a second hello': [encodeFrame('hello', Buffer.from('{}'))],
    'a compressed bomb': [encodeFrame('segment', bomb)],
    'a segment that is none': [encodeFrame('segment', Buffer.from([0, 1, 2, 3]))],
  }
}

/** Whether the centre ends the session with an error, or hangs up, and answers nothing else. */
async function isTurnedAway(specimen: Specimen, frames: readonly Uint8Array[]): Promise<boolean> {
  const box = await asTheBox(specimen)
  try {
    await openHello(box, specimen)
    for (const frame of frames) box.stream.write(frame)
    return await box.frames.receive(20_000).then(
      (answer) => answer === undefined || isRefusal(answer),
      (error: unknown) => !/in time/.test(String(error)),
    )
  } finally {
    box.close()
  }
}

/** A segment is refused by its answer: the session goes on. */
function isRefusal({ name, payload }: Frame): boolean {
  if (name !== 'segment-answer') return name === 'error'
  return decodeMessage(name, payload).status >= 400
}

/** Connections that say a word, or none, and nothing more. */
function crowd(port: number): Socket[] {
  return Array.from({ length: CONNECTIONS }, (_, at) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${at % ADDRESSES}` })
    socket.on('error', () => undefined)
    // what is not read would hide that the other side hung up
    socket.resume()
    if (at % 2 === 0) socket.write('S')
    return socket
  })
}

async function centreProcess({ home }: Specimen): Promise<{ pid: number; residentMiB: number }> {
  const pid = (await readDemo(home))?.pids.supervisor ?? 0
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? '0'
  return { pid, residentMiB: Math.round(Number(kib) / 1024) }
}
