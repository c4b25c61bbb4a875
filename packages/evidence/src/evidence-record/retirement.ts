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
