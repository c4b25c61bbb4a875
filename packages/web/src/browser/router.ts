import { signal } from '@preact/signals'

/** The address shown, without its query. */
export const path = signal(location.pathname)

/** Follows the browser's own buttons. Called once, when the page starts. */
export function followHistory(): void {
  addEventListener('popstate', () => {
    path.value = location.pathname
  })
}

/** Shows another page of the portal. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to === path.peek()) return
  if (replace) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  path.value = to
  if (!replace) scrollTo(0, 0)
}

/**
 * The variable parts of an address that has the pattern's form, else undefined:
 * `match('/vaults/:vault', '/vaults/12')` is `['12']`.
 */
export function match(pattern: string, address: string): string[] | undefined {
  const expected = pattern.split('/')
  const given = address.replace(/(.)\/+$/, '$1').split('/')
  if (expected.length !== given.length) return undefined
  const found: string[] = []
  for (const [at, part] of expected.entries()) {
    const value = given[at] ?? ''
    if (part.startsWith(':')) found.push(decoded(value))
    else if (part !== value) return undefined
  }
  return found.includes('') ? undefined : found
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return ''
  }
}
