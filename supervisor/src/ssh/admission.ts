import type { Socket } from 'node:net'
import type { Figures } from '../figures.ts'

export interface AdmissionLimits {
  /** Connections open at once. */
  total: number
  perAddress: number
  /** Of one box; a newer session has the word anyway. */
  perBox: number
  /** Connections that have not shown their key yet. */
  unauthenticated: number
  /** How long they may take to. */
  unauthenticatedMs: number
}

export const ADMISSION_LIMITS: AdmissionLimits = {
  total: 4096,
  perAddress: 256,
  perBox: 4,
  unauthenticated: 256,
  unauthenticatedMs: 30_000,
}

/**
 * Who may stay connected. Strangers get little time and little room: where they crowd, the one that has waited longest goes, so
 * that a thousand idle connections keep no box out.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  readonly #figures: Figures
  readonly #open = new Set<Socket>()
  readonly #perAddress = new Map<string, number>()
  /** Connections of each box, in the order in which they showed its key. */
  readonly #perBox = new Map<string, Set<Socket>>()
  /** In order of arrival. */
  readonly #strangers = new Map<Socket, NodeJS.Timeout>()

  constructor(limits: AdmissionLimits, figures: Figures) {
    this.#limits = limits
    this.#figures = figures
  }

  /** Lets a new connection in, or destroys it. */
  admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? ''
    const { total, perAddress, unauthenticated, unauthenticatedMs } = this.#limits
    if (this.#open.size >= total) return this.#refuse(socket, 'total')
    const ofAddress = (this.#perAddress.get(address) ?? 0) + 1
    if (ofAddress > perAddress) return this.#refuse(socket, 'address')
    this.#open.add(socket)
    this.#perAddress.set(address, ofAddress)
    this.#strangers.set(
      socket,
      setTimeout(() => this.#refuse(socket, 'unauthenticated-too-long'), unauthenticatedMs),
    )
    socket.once('close', () => this.#leave(socket, address))
    if (this.#strangers.size > unauthenticated) this.#dropOldestStranger()
    this.#show()
    return true
  }

  /**
   * The connection has shown the key of a box. Where that box has too many, its oldest goes: a box that was cut off gets in, and one
   * that dials without end fills no memory.
   */
  recognise(socket: Socket, boxId: string): void {
    this.#noStranger(socket)
    const open = this.#perBox.get(boxId) ?? new Set<Socket>()
    this.#perBox.set(boxId, open.add(socket))
    socket.once('close', () => {
      open.delete(socket)
      if (open.size === 0 && this.#perBox.get(boxId) === open) this.#perBox.delete(boxId)
    })
    const [oldest] = open
    if (open.size > this.#limits.perBox && oldest !== undefined) this.#refuse(oldest, 'box')
  }

  /** Ends every connection. */
  closeAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #dropOldestStranger(): void {
    const [oldest] = this.#strangers.keys()
    if (oldest !== undefined) this.#refuse(oldest, 'crowded')
  }

  #refuse(socket: Socket, reason: string): false {
    this.#figures.refusedConnections.inc({ reason })
    socket.destroy()
    return false
  }

  #noStranger(socket: Socket): void {
    clearTimeout(this.#strangers.get(socket))
    this.#strangers.delete(socket)
    this.#show()
  }

  #leave(socket: Socket, address: string): void {
    this.#noStranger(socket)
    this.#open.delete(socket)
    const left = (this.#perAddress.get(address) ?? 1) - 1
    if (left === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, left)
    this.#show()
  }

  #show(): void {
    const { connections } = this.#figures
    connections.set({ state: 'unauthenticated' }, this.#strangers.size)
    connections.set({ state: 'authenticated' }, this.#open.size - this.#strangers.size)
  }
}
