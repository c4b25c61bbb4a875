import { readFile } from 'node:fs/promises'
import { Agent, ProxyAgent, request, type Dispatcher } from 'undici'
import { TimestampError } from './errors.ts'
import { basicLogin } from './login.ts'
import type { LoginSource, ProxySettings } from './settings.ts'

/** One exchange with somebody's web server. */
export interface Exchange {
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** With its media type. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array }
  readonly login?: LoginSource | undefined
  readonly proxy?: ProxySettings | undefined
  /** PEM file. */
  readonly tlsRoots?: string | undefined
  readonly timeoutMs: number
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Most bytes of an answer that are read. */
  readonly limitBytes: number
  /** Statuses whose answers are read; 200 alone by default. */
  readonly statuses?: readonly number[]
}

export interface HttpAnswer {
  readonly status: number
  /** Media type without parameters, lower-case. */
  readonly type: string
  readonly bytes: Uint8Array
}

/**
 * The body of an answer. No redirect is followed: an authority's address is the one that was configured. The time
 * limit is for the whole, so that a peer who sends a byte a second is cut off as well.
 * @throws TimestampError `unreachable`, `timed-out`, `refused-by-server`, `too-large`, `bad-settings`
 */
export async function exchange(what: Exchange): Promise<HttpAnswer> {
  const { url, method, body, login, timeoutMs, limitBytes, statuses = [200] } = what
  const headers: Record<string, string> = {
    ...(body === undefined ? {} : { 'content-type': body.type }),
    ...(login === undefined ? {} : { authorization: await basicLogin(login) }),
  }
  const dispatcher = await dispatcherOf(what)
  const tooLong = AbortSignal.timeout(timeoutMs)
  const signal = what.signal === undefined ? tooLong : AbortSignal.any([tooLong, what.signal])
  try {
    const answer = await request(url, {
      method,
      headers,
      dispatcher,
      signal,
      body: body === undefined ? null : Buffer.from(body.bytes),
    })
    const { statusCode } = answer
    if (!statuses.includes(statusCode)) {
      const status = `${answer.statusCode} ${answer.statusText}`.trim()
      throw new TimestampError('refused-by-server', `${url} answers ${status}`)
    }
    const type = String(answer.headers['content-type'] ?? '').split(';')[0] ?? ''
    const bytes = await limited(answer.body, limitBytes, url)
    return { status: statusCode, type: type.trim().toLowerCase(), bytes }
  } catch (error) {
    if (error instanceof TimestampError) throw error
    if (tooLong.aborted)
      throw new TimestampError('timed-out', `${url} didn't answer within ${timeoutMs / 1000} s`)
    const why = error instanceof Error ? error.message : String(error)
    throw new TimestampError('unreachable', `${url} can't be reached: ${why}`, { cause: error })
  } finally {
    await dispatcher.destroy()
  }
}

async function limited(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
  url: string,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > limitBytes)
      throw new TimestampError('too-large', `${url} answers more than ${limitBytes} bytes`)
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

async function dispatcherOf({ url, proxy, tlsRoots }: Exchange): Promise<Dispatcher> {
  const tls = tlsRoots === undefined ? {} : { ca: await pemOf(tlsRoots) }
  if (proxy === undefined) return new Agent({ connect: tls })
  return new ProxyAgent({
    uri: proxy.url,
    requestTls: tls,
    // Few proxies let one tunnel to a web server's plain port.
    proxyTunnel: url.startsWith('https:'),
    ...(proxy.login === undefined ? {} : { token: await basicLogin(proxy.login) }),
  })
}

async function pemOf(path: string): Promise<string> {
  return readFile(path, 'latin1').catch((cause: unknown) => {
    throw new TimestampError('bad-settings', `the roots in ${path} can't be read`, { cause })
  })
}
