import { isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'

const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * Whose rate is counted: an address, and for IPv6 its /64, since whoever has one address there has them
 * all. Over a Unix socket there is no address, and all callers count together.
 */
export function callerKey({ socket, ip }: FastifyRequest): string {
  if (socket.remoteAddress === undefined) return 'unix socket'
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined || !isIPv6(ip)) return mapped ?? ip
  const [before = [], after = []] = ip.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: GROUPS - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after]
    .slice(0, NETWORK_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
