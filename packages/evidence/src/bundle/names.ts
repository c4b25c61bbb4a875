/** The entries of a bundle that are there exactly once, in their order (formats.md section 15). */
export const entryName = {
  manifest: 'manifest.json',
  readme: 'README.txt',
  script: 'verify.sh',
  attestationFr: 'attestation.fr.pdf',
  attestationEn: 'attestation.en.pdf',
  lat: 'lat.json',
  statement: 'statement.json',
  signedBytes: 'signed-bytes.bin',
  signature: 'signature.der',
  token: 'token.tst',
  latKey: 'certificates/lat.pem',
  tsaCertificates: 'certificates/tsa.pem',
  checkpoint: 'checkpoint.txt',
  auditReceipt: 'audit-receipt.txt',
  openings: 'openings.json',
  metadata: 'metadata.json',
} as const

const fixedNames: readonly string[] = Object.values(entryName)
const numberPattern = '(?:0|[1-9][0-9]{0,15})'
const tracePattern = new RegExp(`^traces/(${numberPattern})\\.json$`)
const proofPattern = new RegExp(`^traces/(${numberPattern})\\.tlog-proof$`)
const documentPattern = /^document\/([1-9][0-9]{0,5})$/
const blockPattern = /^blocks\/[a-z0-9-]{1,64}$/

export function traceName(seq: number): string {
  return `traces/${seq}.json`
}

export function proofName(seq: number): string {
  return `traces/${seq}.tlog-proof`
}

/** The n-th document's entry; n from 1. */
export function documentName(n: number): string {
  return `document/${n}`
}

/** The seq in the name of a trace's entry. */
export function seqOfTrace(name: string): number | undefined {
  const seq = tracePattern.exec(name)?.[1]
  return seq === undefined ? undefined : Number(seq)
}

export function isDocument(name: string): boolean {
  return documentPattern.test(name)
}

/** Content that a block of the manifest names. */
export function isBlockEntry(name: string): boolean {
  return blockPattern.test(name)
}

/** Whether an entry is one of those that are there once, without a number. */
export function isFixedName(name: string): boolean {
  return fixedNames.includes(name)
}

/** Whether a bundle may hold an entry of this name. Anything else, paths that lead elsewhere above all, it may not. */
export function isEntryName(name: string): boolean {
  return (
    isFixedName(name) ||
    tracePattern.test(name) ||
    proofPattern.test(name) ||
    documentPattern.test(name) ||
    blockPattern.test(name)
  )
}

/** The most bytes that an entry other than a document may have. */
export function entryLimit(name: string): number {
  if (tracePattern.test(name)) return 64 * 1024
  return name === entryName.manifest || name === entryName.openings ? 16 * mebibyte : 2 * mebibyte
}

const mebibyte = 1024 * 1024
