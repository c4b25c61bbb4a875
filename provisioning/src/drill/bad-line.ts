import { createServer, connect, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { LOOPBACK } from '../installation/layout.ts'

/** What happens to one connection. */
export interface Mishap {
  /** Cut after this many bytes of a direction. */
  readonly cutAfter?: { readonly from: 'agent' | 'centre'; readonly bytes: number }
  /** Each piece is held back so long, in milliseconds. */
  readonly delayMs?: number
  /** The piece in which this byte from the agent is goes out twice. */
  readonly doubleAt?: number
}

/** A line between the agent and its centre that does what it is told to each new connection. */
export class BadLine {
  /** What the next connections suffer. */
  mishap: Mishap = {}
  /** Connections that were cut, or got bytes twice. */
  mishaps = 0
  /** Bytes that the agent and the centre sent on the newest connection. */
  passed = { agent: 0, centre: 0 }
  readonly #target: number
  readonly #server: Server
  readonly #open = new Set<Socket>()
  /** What the agent sent on the newest connection, for replaying. */
  said: Buffer[] = []

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((agent) => this.#carry(agent))
  }

  /** @returns the port on which it listens */
  async listen(): Promise<number> {
    this.#server.listen(0, LOOPBACK)
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #carry(agent: Socket): void {
    const centre = connect(this.#target, LOOPBACK)
    const { mishap } = this
    const passed = { agent: 0, centre: 0 }
    const said: Buffer[] = []
    this.passed = passed
    this.said = said
    const cut = () => {
      agent.destroy()
      centre.destroy()
    }
    const pass = (from: 'agent' | 'centre', to: Socket) => (piece: Buffer) => {
      const before = passed[from]
      passed[from] += piece.length
      if (from === 'agent') said.push(piece)
      const { cutAfter, delayMs = 0, doubleAt } = mishap
      const isCut = cutAfter?.from === from && passed[from] >= cutAfter.bytes
      const isDouble =
        from === 'agent' && doubleAt !== undefined && before <= doubleAt && doubleAt < passed.agent
      if (isCut || isDouble) this.mishaps += 1
      const kept = isCut ? piece.subarray(0, cutAfter.bytes - before) : piece
      const send = () => {
        to.write(isDouble ? Buffer.concat([kept, kept]) : kept)
        // what was let through arrives; nothing after it does
        if (isCut) to.end(cut)
      }
      if (delayMs > 0) setTimeout(send, delayMs)
      else send()
    }
    agent.on('data', pass('agent', centre))
    centre.on('data', pass('centre', agent))
    const hold = (socket: Socket, other: Socket) => {
      this.#open.add(socket)
      socket.on('error', cut)
      socket.on('close', () => {
        this.#open.delete(socket)
        // what is still held back goes first
        setTimeout(() => other.end(), mishap.delayMs ?? 0)
      })
    }
    hold(agent, centre)
    hold(centre, agent)
  }
}
