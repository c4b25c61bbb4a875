import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { ProvisioningError } from '../errors.ts'

const LONGEST_CALL_MS = 120_000

/** One caller's way into a component's REST API. */
export class RestClient {
  readonly #base: string
  readonly #token: string

  /** @param base ends in `/api/v1` */
  constructor(base: string, token: string) {
    this.#base = base
    this.#token = token
  }

  /** Sends JSON (or a form) and reads JSON of the given shape. */
  async call<Schema extends TSchema>(
    schema: Schema,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Static<Schema>> {
    const answer = await this.#send(method, path, body, headers)
    const text = await answer.text()
    if (!answer.ok) throw refusal(method, path, answer.status, text)
    const value: unknown = text === '' ? undefined : JSON.parse(text)
    if (Value.Check(schema, value)) return value
    throw new ProvisioningError(
      'request-refused',
      `${method} ${path} answered ${answer.status} in a form that isn't the documented one.`,
    )
  }

  async #send(
    method: string,
    path: string,
    body: object | undefined,
    headers: Record<string, string>,
  ) {
    const isForm = body instanceof FormData
    return fetch(this.#base + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        'accept-language': 'en',
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(LONGEST_CALL_MS),
    }).catch((error: unknown) => {
      throw new ProvisioningError('request-refused', `${method} ${path} got no answer.`, error)
    })
  }
}

/** Whether the call was refused with this status: what exists already need not be made again. */
export function wasRefusedWith(error: unknown, status: number): boolean {
  return error instanceof RefusedRequest && error.status === status
}

class RefusedRequest extends ProvisioningError {
  readonly status: number
  constructor(message: string, status: number) {
    super('request-refused', message)
    this.status = status
  }
}

function refusal(method: string, path: string, status: number, text: string): RefusedRequest {
  return new RefusedRequest(
    `${method} ${path} was refused with ${status}: ${text.slice(0, 500)}`,
    status,
  )
}
