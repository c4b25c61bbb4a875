import { address, call, get } from './api.ts'
import { Failure } from './failure.ts'
import { requestOptions, usePasskey } from './passkey.ts'
import type { Session } from './session-state.ts'
import { isSessionLost, renewSessionWith, session, sessionEpoch } from './session-state.ts'
import { anything, list, optional, record, text } from './shape.ts'

const sessionShape = record({
  user: text,
  id: optional(text),
  name: text,
  roles: list(text),
  csrfToken: optional(text),
})

/** What a person signs in with: a password, with a code where one is set up, or a token handed out by the administrator. */
export type Credentials = { user: string; password: string; code?: string } | { token: string }

renewSessionWith(resumeSession)

/** Finds out whether this browser is still signed in. Leaves `session` undefined when the service doesn't answer. */
export async function resumeSession(): Promise<void> {
  try {
    enter(await get(address`/sessions/current`, sessionShape))
  } catch (error) {
    if (error instanceof Failure && error.kind === 'session-lost') session.value = null
    else throw error
  }
}

/** @throws Failure of kind session-lost when the credentials are wrong */
export async function signIn(credentials: Credentials): Promise<void> {
  const options = { method: 'POST', isSignIn: true } as const
  const path = address`/sessions`
  enter(await call(path, sessionShape, { ...options, body: credentials }))
}

/** Signs in with a passkey alone. @throws Failure of kind session-lost when it isn't known here, `cancelled` */
export async function signInByPasskey(): Promise<void> {
  const options = { method: 'POST', isSignIn: true } as const
  const challenge = await call(address`/sessions/passkey-challenges`, requestOptions, options)
  const response = await usePasskey(challenge)
  const body = { response }
  enter(await call(address`/sessions/passkey`, sessionShape, { ...options, body }))
}

/** Ends the session here and at the service; a service that can't be reached doesn't keep anyone on the page. */
export async function signOut(): Promise<void> {
  try {
    await call(address`/sessions/current`, anything, { method: 'DELETE', isSignIn: true })
  } finally {
    session.value = null
    isSessionLost.value = false
  }
}

/** Gives up a lost session: what was on the page is left behind. */
export function leaveLostSession(): void {
  session.value = null
  isSessionLost.value = false
}

/** Throws when the session has ended, before a navigation that can't tell so by itself, such as a download. */
export async function confirmSession(): Promise<void> {
  await get(address`/sessions/current`, anything)
}

function enter(entered: Session): void {
  session.value = entered
  isSessionLost.value = false
  sessionEpoch.value += 1
}
