import koffi from 'koffi'

/** What keeps the machine's clock to true time, as the kernel knows it. */
export interface ClockDiscipline {
  /** Whether a time service says that the clock follows an outside source (STA_UNSYNC of <linux/timex.h> is clear). */
  readonly synchronized: boolean
  /** The most that the clock may be wrong by that service's own account, in ms; null while it isn't kept. */
  readonly maximumErrorMs: number | null
}

/** struct timex of 64-bit Linux has 208 bytes; these are where two of its members begin. */
const TIMEX_BYTES = 208
const MAXERROR_AT = 24
const STATUS_AT = 40
const STA_UNSYNC = 0x40

/**
 * Asks the kernel, which any time service tells (systemd-timesyncd, chrony, ntpd, a PTP daemon). It is their word: no proof against whoever
 * is root here. What can't be asked counts as not kept.
 */
export function clockDiscipline(): ClockDiscipline {
  try {
    const adjtimex = koffi.load('libc.so.6').func('int adjtimex(_Inout_ uint8_t *timex)')
    // No modes: nothing is changed.
    const timex = Buffer.alloc(TIMEX_BYTES)
    const state: unknown = adjtimex(timex)
    const synchronized =
      typeof state === 'number' && state >= 0 && (timex.readInt32LE(STATUS_AT) & STA_UNSYNC) === 0
    const errorMs = Number(timex.readBigInt64LE(MAXERROR_AT)) / 1000
    return { synchronized, maximumErrorMs: synchronized ? errorMs : null }
  } catch {
    return { synchronized: false, maximumErrorMs: null }
  }
}
