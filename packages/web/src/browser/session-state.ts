import { effect, signal, untracked } from '@preact/signals'

export interface Session {
  /** What the person signs in as. */
  user: string
  /** How the service names the person in its records. */
  id: string | undefined
  name: string
  roles: string[]
  csrfToken: string | undefined
}

/** `undefined` until the page has asked; `null` when nobody is signed in. */
export const session = signal<Session | null | undefined>(undefined)

/** Somebody was signed in and no longer is: the page keeps what it shows and asks for the password over it. */
export const isSessionLost = signal(false)

/** Counts sign-ins, so that what failed for want of a session starts again. */
export const sessionEpoch = signal(0)

export function csrfToken(): string | undefined {
  return session.peek()?.csrfToken
}

export function noticeLostSession(): void {
  if (session.peek()) isSessionLost.value = true
}

/**
 * Forgets what one person saw or was about to do as soon as somebody else is signed in, or nobody: before anything is
 * drawn for the next. Called once per thing to forget, when the page starts.
 */
export function whenReaderChanges(forget: () => void): void {
  let reader: string | undefined
  effect(() => {
    const next = session.value?.user
    if (reader !== undefined && next !== reader) untracked(forget)
    reader = next
  })
}

let renew: (() => Promise<void>) | undefined

/** Sets how a page whose token against forged requests went stale (another tab signed in anew) gets the current one. */
export function renewSessionWith(renewal: () => Promise<void>): void {
  renew = renewal
}

export async function renewSession(): Promise<void> {
  await renew?.()
}
