import {
  formatAddCheckpoint,
  parseTlogSize,
  TLOG_SIZE_TYPE,
  type Head,
  type WitnessSettings,
} from '@probant/shipping'
import { exchange, TimestampError } from '@probant/timestamping'
import { AgentError } from '../errors.ts'

const TIMEOUT_SECONDS = 20
/** Sixteen lines of ML-DSA-44 take 60 KiB. */
const LIMIT_BYTES = 64 * 1024

/** What a witness says of a head. */
export type WitnessAnswer =
  | { readonly status: 200; readonly lines: readonly string[] }
  /** The size that it cosigned; null where it doesn't say. */
  | { readonly status: 409; readonly size: number | null }
  | { readonly status: 422 }

/**
 * Brings a head to a witness (C2SP tlog-witness).
 * @throws AgentError `witness-unreachable`, `refused-by-witness` with the status
 */
export async function addCheckpoint(
  { name, url, tlsRoots, proxy, timeoutSeconds = TIMEOUT_SECONDS }: WitnessSettings,
  head: Head,
  signal: AbortSignal,
): Promise<WitnessAnswer> {
  const body = { type: 'text/plain', bytes: new TextEncoder().encode(formatAddCheckpoint(head)) }
  try {
    const { status, type, bytes } = await exchange({
      url: `${url.replace(/\/$/, '')}/add-checkpoint`,
      method: 'POST',
      body,
      tlsRoots,
      proxy,
      signal,
      timeoutMs: timeoutSeconds * 1000,
      limitBytes: LIMIT_BYTES,
      statuses: [200, 409, 422],
    })
    const text = new TextDecoder().decode(bytes)
    if (status === 200) return { status, lines: text.split('\n').filter((line) => line !== '') }
    if (status === 422) return { status }
    return { status: 409, size: (type === TLOG_SIZE_TYPE ? parseTlogSize(text) : null) ?? null }
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error
    const code = error.code === 'refused-by-server' ? 'refused-by-witness' : 'witness-unreachable'
    throw new AgentError(code, `the witness ${name}: ${error.message}`, error)
  }
}
