import type { TestCentre } from './centre.ts'

/** Waits until something holds, waking the centre's loops meanwhile. @throws Error after ten seconds */
export async function until(
  what: string,
  { centre }: TestCentre,
  holds: () => Promise<boolean> | boolean,
): Promise<void> {
  for (let waited = 0; waited < 500; waited++) {
    if (await holds()) return
    centre.context.wake()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`not ${what}`)
}
