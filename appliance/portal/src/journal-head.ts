import { get, isSessionLost, poll } from '@probant/web/browser'
import { signal } from '@preact/signals'
import type { JournalHead } from './service.ts'
import { addresses, headShape } from './service.ts'

const everyMs = 10_000

/** The newest head of the box's journal. A few hundred bytes, and asking for it leaves no trace: cheap to watch. */
export const journalHead = signal<JournalHead | undefined>(undefined)

/** Keeps the head up to date until the function returned is called. */
export function watchJournalHead(): () => void {
  return poll(async (stop) => {
    if (isSessionLost.peek()) return
    const head = await get(addresses.head(), headShape, stop)
    const shown = journalHead.peek()
    const isNew =
      head.size !== shown?.size ||
      head.witnessedSize !== shown.witnessedSize ||
      head.witnesses.some(({ size }, at) => size !== shown.witnesses[at]?.size) ||
      head.datedSize !== shown.datedSize
    if (isNew) {
      journalHead.value = head
    }
  }, everyMs)
}
