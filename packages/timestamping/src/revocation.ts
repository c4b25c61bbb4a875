import type { AuthorityCertificate } from '@probant/evidence'
import { exchange, type Exchange } from './http.ts'

/** A bundle carries the lists of a token in one entry; those of time-stamping authorities take some kilobytes. */
const LIMIT_BYTES = 512 * 1024
/** A certificate that names more is trying something. */
const MOST_ADDRESSES = 4

/**
 * The revocation lists that the certificates of a path name, DER. To be called with a path that leads to a configured root, so that no
 * stranger's certificate can name an address to be asked. A certificate whose lists can't be had has none here: the verifier then can't tell.
 */
export async function fetchRevocationLists(
  path: readonly AuthorityCertificate[],
  how: Pick<Exchange, 'proxy' | 'timeoutMs' | 'signal'>,
): Promise<{ lists: Uint8Array[]; failures: unknown[] }> {
  const lists: Uint8Array[] = []
  const failures: unknown[] = []
  for (const certificate of path.slice(0, -1)) {
    const addresses = certificate.revocationLists.filter((each) => /^https?:\/\//.test(each))
    for (const url of addresses.slice(0, MOST_ADDRESSES)) {
      try {
        const { bytes } = await exchange({ ...how, url, method: 'GET', limitBytes: LIMIT_BYTES })
        lists.push(bytes)
        break
      } catch (error) {
        failures.push(error)
      }
    }
  }
  return { lists, failures }
}
