import { utf8 } from '@probant/evidence'
import { formatTime, type Clock } from '@probant/host'
import { connect, type SecureContextOptions, type TLSSocket } from 'node:tls'
import { unreached, type Outgoing, type Sender } from './channel.ts'

const TIMEOUT_MS = 30_000
/** With TLS 1.3 a receiver refuses our certificate after the handshake: so long is waited for it to say so. */
const GOODBYE_MS = 2000
/** What RFC 5425 section 4.3.1 wants of every receiver is 2048, what it recommends is this. */
const MOST_BYTES = 8192
/** `log audit`. */
const FACILITY = 13
const SEVERITIES = { alert: 1, warning: 4, notice: 5 } as const

/** What a syslog channel is made of. */
export interface SyslogOptions {
  centreName: string
  /** Private enterprise number behind the `@` of the structured data's name. */
  enterpriseNumber: number
  clock: Clock
  tls: SecureContextOptions
}

/**
 * Syslog over TLS: messages of RFC 5424, framed by RFC 5425. The protocol has no acknowledgement: *delivered* says that the receiver's TLS
 * took the bytes and closed without an error.
 */
export function createSyslog(options: SyslogOptions): Sender {
  return {
    async send(address, message) {
      const split = address.lastIndexOf(':')
      const host = address.slice(0, split).replace(/^\[|\]$/g, '')
      const bytes = syslogMessage(options, message)
      const frame = Buffer.concat([utf8(`${bytes.length} `), bytes])
      try {
        await handOver(host, Number(address.slice(split + 1)), frame, options.tls)
        return { outcome: 'delivered', reply: 'written' }
      } catch (error) {
        return unreached(error)
      }
    },
    close: () => undefined,
  }
}

/** One message of RFC 5424, cut at a character where it is too long. */
export function syslogMessage(
  { centreName, enterpriseNumber, clock }: Omit<SyslogOptions, 'tls'>,
  message: Outgoing,
): Buffer {
  const { id, type, severity, occasion, line, data, challenge } = message
  const given = { type, id, severity, occasion, ...data, ...(challenge && { code: challenge }) }
  const parameters = Object.entries(given).flatMap(([name, value]) => {
    const words = typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
    const text = words.filter((word) => typeof word === 'string').join(' ')
    return text === '' ? [] : [`${name}="${text.replace(/["\\\]]/g, '\\$&')}"`]
  })
  const header = [
    `<${FACILITY * 8 + SEVERITIES[severity]}>1`,
    formatTime(clock.nowMs()),
    centreName.replaceAll('/', '.'),
    'probant',
    '-',
    type,
  ]
  const structured = `[probant@${enterpriseNumber} ${parameters.join(' ')}]`
  // the byte order mark says that UTF-8 follows
  const text = `${header.join(' ')} ${structured} \u{feff}${line.replaceAll(/\p{Cc}+/gu, ' ')}`
  const bytes = Buffer.from(text)
  let end = Math.min(bytes.length, MOST_BYTES)
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}

function handOver(
  host: string,
  port: number,
  frame: Buffer,
  tls: SecureContextOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host, port, minVersion: 'TLSv1.2', ...tls }, () => {
      socket.end(frame, () => {
        socket.setTimeout(GOODBYE_MS, () => socket.destroy())
      })
    })
    socket.setTimeout(TIMEOUT_MS, () =>
      socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    )
    socket.on('error', reject)
    socket.on('close', () => resolve())
    // what a receiver says is not read, but has to be taken for its goodbye to come through
    socket.resume()
  })
}
