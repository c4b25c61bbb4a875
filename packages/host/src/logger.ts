import { pino, type DestinationStream, type Logger, type LevelWithSilent } from 'pino'

export type { Logger }

export interface LoggerOptions {
  /** Which part of the product speaks; on every line. */
  component: string
  level?: LevelWithSilent
  /** Where lines go; by default standard output, which the journal or the starter collects. */
  destination?: DestinationStream
}

/** Keys whose values never reach a log, at the top of a record and one or two levels below. */
const SECRET_KEYS = [
  'password',
  'superuserPassword',
  'passphrase',
  'secret',
  'token',
  'authorization',
  'cookie',
  'privateKey',
  'salt',
]

const SECRET_PATHS = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]).concat(
  'res.headers["set-cookie"]',
)

/** One JSON object a line, RFC 3339 times in UTC, level by name, secrets replaced by `[redacted]`. */
export function createLogger({ component, level, destination }: LoggerOptions): Logger {
  const options = {
    level: level ?? 'info',
    base: { component },
    timestamp: () => `,"time":"${new Date(Date.now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_PATHS, censor: '[redacted]' },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
