import { Failure, failureOf } from './failure.ts'
import { language } from './language.ts'
import { csrfToken, noticeLostSession, renewSession } from './session-state.ts'
import type { Shape } from './shape.ts'
import { anything } from './shape.ts'

interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  body?: unknown
  signal?: AbortSignal
  /** A refusal of these credentials says nothing about the session: used by sign-in itself. */
  isSignIn?: boolean
}

const root = '/api/v1'

/** The address of a call, every variable part escaped: `` address`/vaults/${id}` ``. */
export function address(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  const path = parts.map((part, at) => part + encodeURIComponent(String(values[at] ?? ''))).join('')
  return `${root}${path}`
}

/** Headers that every call carries: language of the answer, and the token against forged requests on changes. */
export function callHeaders(isChange: boolean): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    'accept-language': language.peek(),
    ...(isChange && csrfToken() !== undefined && { 'x-csrf-token': csrfToken() ?? '' }),
  }
}

/**
 * Calls the service and reads its answer.
 *
 * @throws Failure for everything that can go wrong
 */
export async function call<T>(path: string, shape: Shape<T>, options: Call): Promise<T> {
  try {
    return await attempt(path, shape, options)
  } catch (error) {
    if (!(error instanceof Failure && error.isStaleToken) || options.isSignIn === true) throw error
    await renewSession()
    return attempt(path, shape, options)
  }
}

async function attempt<T>(path: string, shape: Shape<T>, options: Call): Promise<T> {
  const { method, body, signal, isSignIn = false } = options
  let status: number
  let answer: string
  try {
    const response = await fetch(path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        ...callHeaders(method !== 'GET'),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    })
    status = response.status
    answer = await response.text()
  } catch (error) {
    throw new Failure(signal?.aborted === true ? 'cancelled' : 'network', 0, {}, error)
  }
  if (status === 401 && !isSignIn) noticeLostSession()
  return readAnswer(status, answer, shape)
}

/** Reads a successful answer, or throws the failure that it tells. */
export function readAnswer<T>(status: number, answer: string, shape: Shape<T>): T {
  if (status < 200 || status > 299) throw failureOf(status, answer)
  try {
    const value: unknown = answer === '' ? undefined : JSON.parse(answer)
    return shape(value, '')
  } catch (error) {
    throw new Failure('unexpected', status, {}, error)
  }
}

export function get<T>(path: string, shape: Shape<T>, signal?: AbortSignal): Promise<T> {
  return call(path, shape, { method: 'GET', ...(signal && { signal }) })
}

export function post<T>(path: string, shape: Shape<T>, body?: unknown): Promise<T> {
  return call(path, shape, { method: 'POST', ...(body !== undefined && { body }) })
}

export function patch<T>(path: string, shape: Shape<T>, body: unknown): Promise<T> {
  return call(path, shape, { method: 'PATCH', body })
}

/** Removes what stands at an address; there is nothing to read in the answer. */
export async function remove(path: string): Promise<void> {
  await call(path, anything, { method: 'DELETE' })
}
