import { connect } from 'node:net'
import { once } from 'node:events'
import { everythingIsThere, missingAtCentre, journalSize } from '../acknowledged.ts'
import { routeAgentTo } from '../agent-route.ts'
import { withstood, type Attack, type Deed } from '../attack.ts'
import { BadLine, type Mishap } from '../bad-line.ts'
import { outcome } from '../observation.ts'
import { LOOPBACK } from '../../installation/layout.ts'
import type { DepositAnswer, Specimen } from '../specimen.ts'

/** The line between box and centre, in bad hands or bad order: attacks 30 and 31. */
export const line: readonly Attack[] = [
  withstood({
    id: '30',
    attack:
      'shipments cut at many bytes both ways, doubled, delayed: what was shipped is there once',
    outcome: 'survived',
    raisedBy: 'box',
    bound: 'the next shipment that gets through',
    boundS: 60,
    carryOut: badNights,
  }),
  withstood({
    id: '31',
    attack: 'what the agent sent last night said again, byte by byte, by somebody who listened',
    outcome: 'refused',
    raisedBy: 'centre',
    bound: 'at once, on the wire',
    boundS: 60,
    carryOut: replay,
  }),
]

/** Cuts from each side, spread over what a whole shipment takes. */
const CUTS = { agent: 12, centre: 6 } as const
const DOUBLES = 3

async function badNights(specimen: Specimen): Promise<Deed> {
  const bad = await lineTo(specimen)
  const deposits: DepositAnswer[] = []
  const deposit = async (at: number) => deposits.push(await specimen.deposit(`bad night ${at}`))
  await deposit(0)
  if (!(await specimen.ship())) throw new Error('nothing gets through the line')
  const whole = bad.passed
  const mishaps = [...cuts(whole), ...doubles(whole.agent), { delayMs: 50 }]
  const complaints: string[] = []
  for (const [at, mishap] of mishaps.entries()) {
    await deposit(at + 1)
    bad.mishap = mishap
    const before = bad.mishaps
    await specimen.ship()
    const isHarmed = mishap.delayMs !== undefined || bad.mishaps > before
    if (!isHarmed) complaints.push(`nothing befell shipment ${at}`)
  }
  bad.mishap = {}
  return { watch: everythingIsThere(specimen, deposits, complaints) }
}

function* cuts(whole: { agent: number; centre: number }): Generator<Mishap> {
  for (const from of ['agent', 'centre'] as const)
    for (let at = 0; at < CUTS[from]; at += 1)
      yield { cutAfter: { from, bytes: 1 + Math.floor((at * (whole[from] - 1)) / CUTS[from]) } }
}

function* doubles(bytes: number): Generator<Mishap> {
  for (let at = 1; at <= DOUBLES; at += 1)
    yield { doubleAt: Math.floor((at * bytes) / (DOUBLES + 1)) }
}

/** Neither the whole of it nor any beginning of it is worth anything to the centre. */
async function replay(specimen: Specimen): Promise<Deed> {
  const recorder = await lineTo(specimen)
  const deposit = await specimen.deposit('overheard')
  if (!(await specimen.ship())) throw new Error('nothing gets through the line')
  const said = Buffer.concat(recorder.said)
  const before = await atCentre(specimen)
  const answers: Buffer[] = []
  for (const share of [0.1, 0.5, 1])
    answers.push(await say(specimen, said.subarray(0, Math.ceil(share * said.length))))
  const after = await atCentre(specimen)
  return {
    watch: async () => {
      if (after !== before || answers.some((answer) => answer.length === 0))
        return [
          {
            ...{ kind: 'taken', by: 'centre', seq: null },
            ...{ expected: before, found: `${after}, after ${answers.length} replays` },
          },
        ]
      const size = await journalSize(specimen)
      await specimen.ship()
      const missing = await missingAtCentre(specimen, size)
      const expected = 'sessions and segments as they were'
      const found = `${said.length} bytes said ${answers.length} times`
      return missing.length === 0
        ? [outcome('refused', 'centre', expected, `${found}, object ${deposit.id}`)]
        : [{ kind: 'lost', by: 'centre', seq: null, expected, found: missing.join('; ') }]
    },
  }
}

/** Sessions that the centre has begun with the box, and segments that it has of it. */
const atCentre = (specimen: Specimen): Promise<string> =>
  specimen.root(async (client) => {
    const { rows } = await client.query<{ known: string }>(
      `SELECT format('%s sessions, %s segments', (SELECT sum(session_epoch) FROM centre.boxes),
         (SELECT count(*) FROM centre.segments)) AS known`,
    )
    return rows[0]?.known ?? ''
  }, 'centre')

/** Says these bytes to the centre. @returns what it answered until it, or we, hung up */
async function say(specimen: Specimen, bytes: Uint8Array): Promise<Buffer> {
  const socket = connect(specimen.firstPort + 3, LOOPBACK)
  const heard: Buffer[] = []
  socket.on('data', (piece) => heard.push(piece))
  socket.on('error', () => undefined)
  socket.write(bytes)
  socket.setTimeout(2000, () => socket.destroy())
  await once(socket, 'close')
  return Buffer.concat(heard)
}

async function lineTo(specimen: Specimen): Promise<BadLine> {
  const bad = new BadLine(specimen.firstPort + 3)
  const port = await bad.listen()
  specimen.atEnd(() => bad.close())
  await routeAgentTo(specimen, port)
  return bad
}
