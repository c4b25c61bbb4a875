import { OpensslAuthority } from '@probant/timestamping/testing'
import type { ManualClock } from '@probant/host'

export const DAY_MS = 86_400_000
export const YEAR_MS = 365 * DAY_MS

/** As `openssl ca` takes it. */
const moment = (ms: number) => `${new Date(ms).toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`

/** An authority outside that lives by the driven clock, its certificate ending then. */
export async function authorityUntil(
  clock: ManualClock,
  name: string,
  endMs: number,
  curve: 'P-256' | 'P-384' = 'P-256',
): Promise<OpensslAuthority> {
  const authority = await OpensslAuthority.start(name, { curve, nowMs: () => clock.nowMs() })
  await signUntil(authority, 'first', endMs)
  return authority
}

/** Its next certificate, with a key of its own. */
export async function signUntil(
  authority: OpensslAuthority,
  certificate: string,
  endMs: number,
): Promise<void> {
  await authority.certificate(certificate, 'tsa', '-enddate', moment(endMs))
  authority.signer = certificate
}
