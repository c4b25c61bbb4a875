import { systemClock } from '@probant/host'
import { newAgentKey, TestAgent } from '../../../supervisor/test/support/agent.ts'
import type { ReadyBox } from './fleet.ts'

/** The key of every agent here: the centre checks each signature all the same. */
export const agentKey = newAgentKey()

/** Sessions that may be at their handshake at once; the centre lets 256 strangers wait. */
const HANDSHAKES_AT_ONCE = 64
const PER_ADDRESS = 200

/** Every box ships its night, each over its own connection, all of them at once. */
export async function ship(sshPort: number, boxes: readonly ReadyBox[]): Promise<void> {
  const turns = new Turns(HANDSHAKES_AT_ONCE)
  await Promise.all(
    boxes.map(async (box, at) => {
      const agent = await turns.take(() => begin(sshPort, box, at))
      await shipNight(agent, box)
    }),
  )
}

/** A box's connection, after its welcome. */
async function begin(sshPort: number, box: ReadyBox, at: number): Promise<TestAgent> {
  // loopback has addresses enough for the centre's share of each
  const localAddress = `127.0.0.${2 + Math.floor(at / PER_ADDRESS)}`
  const agent = await TestAgent.connect(sshPort, box.boxId, agentKey, { localAddress })
  agent.patienceMs = 600_000
  const journal = { origin: box.origin, size: box.traces }
  await agent.hello(journal, { boxTimeMs: systemClock.nowMs() })
  return agent
}

async function shipNight(agent: TestAgent, box: ReadyBox): Promise<void> {
  for (const payload of box.payloads) {
    await agent.channel.send('segment', payload)
    const answer = await agent.read('segment-answer')
    if (answer.status !== 200 || answer.receipt === undefined)
      throw new Error(`not taken: ${JSON.stringify(answer)}`)
  }
  await agent.channel.sendMessage('head', { oldSize: box.traces, note: box.note, proof: [] })
  const head = await agent.read('head-answer')
  if (head.status !== 200) throw new Error(`not cosigned: ${JSON.stringify(head)}`)
  await agent.bye()
}

/** Lets so many do something at once; the others wait. */
class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(atOnce: number) {
    this.#free = atOnce
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
