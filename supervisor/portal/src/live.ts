import type { PagedList } from '@probant/web/browser'
import { isSessionLost, poll, sessionEpoch } from '@probant/web/browser'
import { useEffect } from 'preact/hooks'

const everyMs = 5000

/** Keeps a list up to date as long as the component that shows it is on the screen. */
export function useLive<T extends { id: string } | { seq: number }>(list: PagedList<T>): void {
  useEffect(
    () =>
      poll(async () => {
        if (isSessionLost.peek()) return
        await list.refresh()
        if (list.failure.peek() !== undefined) throw new Error('not refreshed')
      }, everyMs),
    [list, sessionEpoch.value],
  )
}
