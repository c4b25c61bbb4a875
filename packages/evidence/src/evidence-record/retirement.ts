import { EvidenceError } from '../errors.ts'
import { timeMs } from '../members.ts'

/**
 * From when on an algorithm proves nothing any more (milliseconds since 1970), by its name: a digest (`sha256`), a signature scheme
 * (`ecdsa-p256`, `ed25519`, `rsa`) or both (`rsa-pkcs1-sha256`). What is retired takes with it whatever it is a part of. Always the
 * verifier's word, never the evidence's.
 */
export type Retirements = ReadonlyMap<string, number>

/** The date from which an algorithm counts as retired; undefined where it doesn't. */
export function retirementOf(retired: Retirements, algorithm: string): number | undefined {
  const dates = [...retired].flatMap(([name, date]) => (isPartOf(name, algorithm) ? [date] : []))
  return dates.length === 0 ? undefined : Math.min(...dates)
}

/** `sha256` and `ecdsa-p256` are parts of `ecdsa-p256-sha256`. */
function isPartOf(name: string, algorithm: string): boolean {
  return name === algorithm || algorithm.startsWith(`${name}-`) || algorithm.endsWith(`-${name}`)
}

/** What a retirement spoils at a time: the first of these algorithms that was retired by then. */
export function retiredAmong(
  retired: Retirements,
  algorithms: readonly string[],
  atMs: number,
): { readonly algorithm: string; readonly dateMs: number } | undefined {
  for (const algorithm of algorithms) {
    const dateMs = retirementOf(retired, algorithm)
    if (dateMs !== undefined && dateMs <= atMs) return { algorithm, dateMs }
  }
  return undefined
}

const digests = ['sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-512']
const schemes = [
  ...['ecdsa-p256', 'ecdsa-p256-sha256', 'ecdsa-p384', 'ecdsa-p384-sha384'],
  ...['ecdsa-p521', 'ecdsa-p521-sha512', 'ed25519', 'ml-dsa-44'],
  ...['rsa', 'rsa-pkcs1', 'rsa-pkcs1-sha256', 'rsa-pkcs1-sha384', 'rsa-pkcs1-sha512'],
  ...['rsa-pss', 'rsa-pss-sha256'],
]

/** Every name that can be retired. */
export const retirableAlgorithms: readonly string[] = [...digests, ...schemes]

/** `retired.txt` (formats.md section 16): a name and a date a line. EvidenceError `malformed-anchors`; a name that isn't known would go unheeded. */
export function readRetirements(lines: readonly string[]): Retirements {
  const found = new Map<string, number>()
  for (const line of lines) {
    const [, name = '', date = ''] = /^([a-z0-9-]+) +([0-9]{4}-[0-9]{2}-[0-9]{2})$/.exec(line) ?? []
    const dateMs = timeMs(`${date}T00:00:00.000Z`)
    if (dateMs === undefined || !retirableAlgorithms.includes(name) || found.has(name))
      throw new EvidenceError('malformed-anchors', `not an algorithm and a date, once: ${line}`)
    found.set(name, dateMs)
  }
  return found
}
