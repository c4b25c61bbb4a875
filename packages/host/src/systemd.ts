import koffi from 'koffi'
import { createLogger, type Logger } from './logger.ts'

/** What a long-running service tells its service manager: sd_notify(3). */
export interface SystemdState {
  ready?: true
  stopping?: true
  watchdog?: true
  /** One line for `systemctl status`. */
  status?: string
}

type Notify = (state: string) => number

let notify: Notify | undefined
let complained = false

/**
 * Tells systemd by libsystemd's own `sd_notify`; does nothing where no service manager listens
 * (`NOTIFY_SOCKET` unset). A service never fails because telling failed: the log says so, once.
 * @returns whether the datagram was handed over
 */
export function notifySystemd(state: SystemdState, logger?: Logger): boolean {
  if ((process.env['NOTIFY_SOCKET'] ?? '') === '') return false
  try {
    notify ??= bind()
    const status = notify(datagram(state))
    if (status > 0) return true
    complain(`sd_notify answered ${status}`, undefined, logger)
  } catch (error) {
    complain('libsystemd.so.0 cannot be used', error, logger)
  }
  return false
}

/** How often systemd wants `watchdog: true`: half of its limit, in ms; undefined when it doesn't. */
export function watchdogIntervalMs(
  environment: NodeJS.ProcessEnv = process.env,
): number | undefined {
  const limitMicroseconds = Number(environment['WATCHDOG_USEC'] ?? '')
  const intended = environment['WATCHDOG_PID'] ?? String(process.pid)
  if (!Number.isInteger(limitMicroseconds) || limitMicroseconds <= 0) return undefined
  return intended === String(process.pid) ? Math.floor(limitMicroseconds / 2000) : undefined
}

function bind(): Notify {
  const sdNotify = koffi
    .load('libsystemd.so.0')
    .func('int sd_notify(int unset_environment, const char *state)')
  return (state) => {
    const status: unknown = sdNotify(0, state)
    return typeof status === 'number' ? status : 0
  }
}

function datagram({ ready, stopping, watchdog, status }: SystemdState): string {
  const lines = [
    ready === true ? 'READY=1' : '',
    stopping === true ? 'STOPPING=1' : '',
    watchdog === true ? 'WATCHDOG=1' : '',
    // a line break would start another assignment
    status === undefined ? '' : `STATUS=${status.replaceAll(/[\r\n]+/g, ' ')}`,
  ]
  return lines.filter((line) => line !== '').join('\n')
}

function complain(what: string, error: unknown, logger?: Logger): void {
  if (complained) return
  complained = true
  const log = logger ?? createLogger({ component: 'host' })
  log.warn(
    { err: error },
    `NOTIFY_SOCKET is set but the service manager can't be told (${what}): ` +
      'install libsystemd0, or the unit will be taken for not started',
  )
}
