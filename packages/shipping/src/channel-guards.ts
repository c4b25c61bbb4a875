import type { Duplex } from 'node:stream'
import { ShippingError } from './errors.ts'
import { MIN_PACKET_BYTES } from './limits.ts'

/**
 * What ssh2 1.17.0 leaves to its users: it keeps whatever a peer sends beyond the window it was granted, in memory, and loops
 * for ever when the peer announces packets of no length. Both ends of a channel are guarded here, before any frame is read.
 *
 * @param drop called at most once, at the first byte beyond the window; it must close the connection
 * @throws ShippingError `packet-too-small` at once; Error when this is not a channel of the pinned ssh2
 */
export function guardChannel(channel: Duplex, drop: (error: ShippingError) => void): void {
  const packetSize = read(channel, 'outgoing', 'packetSize')
  if (packetSize < MIN_PACKET_BYTES)
    throw new ShippingError('packet-too-small', `the peer takes packets of ${packetSize} bytes`)
  let dropped = false
  const push = channel.push.bind(channel)
  channel.push = (chunk, encoding) => {
    // ssh2 has counted the chunk off the window before it pushes it
    if (!dropped && chunk !== null && read(channel, 'incoming', 'window') < 0) {
      dropped = true
      drop(new ShippingError('window-overrun', 'the peer sent beyond its window'))
    }
    return dropped && chunk !== null ? false : push(chunk, encoding)
  }
}

function read(channel: Duplex, side: string, member: string): number {
  const state: unknown = Reflect.get(channel, side)
  const value: unknown =
    typeof state === 'object' && state !== null ? Reflect.get(state, member) : undefined
  if (typeof value !== 'number')
    throw new Error(`ssh2 channels have no ${side}.${member} any more: check the guards`)
  return value
}
