import type { Shaped } from '@probant/web/browser'
import {
  address,
  call,
  flag,
  get,
  list,
  number,
  oneOf,
  optional,
  record,
  remove,
  text,
  type Shape,
} from '@probant/web/browser'

/** What the box says of how its reader signs in. */

const factors = record({
  app: flag,
  passkeys: number,
  passkeysOffered: flag,
  recoveryCodesLeft: number,
  missing: flag,
})
const orNull =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, at) =>
    value === null ? null : shape(value, at)
const passkeys = record({
  items: list(record({ id: text, label: text, createdAt: text, lastUsedAt: orNull(text) })),
})
const sessions = record({
  items: list(
    record({
      id: text,
      client: text,
      factors: list(oneOf('password', 'totp', 'recovery-code', 'passkey')),
      createdAt: text,
      expiresAt: text,
      isCurrent: flag,
    }),
  ),
})

export interface Account {
  factors: Shaped<typeof factors>
  passkeys: Shaped<typeof passkeys>['items']
  sessions: Shaped<typeof sessions>['items']
}

export async function loadAccount(): Promise<Account> {
  const [factorsNow, { items: passkeysNow }, { items: sessionsNow }] = await Promise.all([
    get(address`/second-factors`, factors),
    get(address`/passkeys`, passkeys),
    get(address`/sessions`, sessions),
  ])
  return { factors: factorsNow, passkeys: passkeysNow, sessions: sessionsNow }
}

export const begunApp = record({ secret: text, uri: text })
export const madeCodes = record({ recoveryCodes: list(text) })

/** A removal that the password confirms. */
export async function removeWith(path: string, password: string): Promise<void> {
  await call(path, optional(text), { method: 'DELETE', body: { password } })
}

export const endSession = (id: string) => remove(address`/sessions/${id}`)
