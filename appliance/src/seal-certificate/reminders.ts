import type { EvidenceCrypto } from '@probant/evidence'
import { formatTime, Loop, type Clock, type Logger } from '@probant/host'
import type { Journal } from '../journal/journal.ts'
import { keepSealReminder } from '../store/seal-certificates.ts'
import { certificateDigest, type Seals, type UsableSeal } from './seals.ts'

/** Days before the end of which is reminded, fewest first. */
const REMINDER_DAYS = [7, 30, 90] as const
const DAY_MS = 86_400_000
const LOOK_EVERY_MS = 60_000

export interface ReminderContext {
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly log: Logger
  readonly journal: Journal
  readonly seals: Seals
}

/**
 * Reminds of the end of the seal certificates 90, 30 and 7 days before, and tells when it has come: once each, in the journal, which the
 * supervision centre is shipped, and in the log. A renewal that was imported ends the reminders of the one before.
 */
export class SealReminders {
  readonly #context: ReminderContext
  readonly #loop: Loop

  constructor(context: ReminderContext) {
    this.#context = context
    const { clock, log: logger } = context
    const work = () => this.#remindIfDue()
    this.#loop = new Loop({ name: 'seal reminder', clock, logger, everyMs: LOOK_EVERY_MS, work })
  }

  start(): void {
    this.#loop.start()
  }

  /** Waits for a reminder that is being journalled. */
  async stop(): Promise<void> {
    await this.#loop.stop()
  }

  async #remindIfDue(): Promise<void> {
    const { clock, journal, seals } = this.#context
    if (journal.stoppedBecause !== undefined) return
    const { covered } = seals.standing()
    if (covered === undefined) return
    const days = dueReminder(covered.notAfterMs - clock.nowMs())
    const { remindedDays } = covered.imported
    if (days !== undefined && (remindedDays === undefined || remindedDays > days))
      await this.#remind(covered, days)
  }

  async #remind(seal: UsableSeal, days: number): Promise<void> {
    const { crypto, journal, log, seals } = this.#context
    const isOver = days === 0
    const notAfter = formatTime(seal.notAfterMs)
    const what = { key: seal.key.label, subject: seal.certificate.subjectText, notAfter }
    if (isOver) log.error(what, 'the seal certificate has expired: it seals no deposits')
    else log.warn({ ...what, days }, 'the seal certificate expires soon: request its renewal')
    await journal.record({
      act: isOver ? 'seal-certificate-expired' : 'seal-certificate-expiring',
      outcome: 'done',
      data: {
        certificate: certificateDigest(crypto, seal.certificate.der),
        notAfter,
        ...(isOver ? {} : { days }),
      },
      apply: (client) => keepSealReminder(client, seal.key.label, days),
    })
    await seals.reload()
  }
}

/** The fewest days of which is to be reminded with so much time left; 0 when it is over, undefined when it is early. */
function dueReminder(leftMs: number): number | undefined {
  if (leftMs < 0) return 0
  return REMINDER_DAYS.find((days) => leftMs <= days * DAY_MS)
}
