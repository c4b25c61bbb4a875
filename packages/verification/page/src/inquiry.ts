import { batch, signal } from '@preact/signals'
import { anchorFileNames, EvidenceError, parseAnchors, type Anchors } from '@probant/evidence'
import {
  browserCrypto,
  inspect,
  openZip,
  UnusableInput,
  verifierTime,
  type Inspection,
} from '@probant/verification'

/** What the expert has given so far. */
export const bundle = signal<File | undefined>(undefined)
export const documentFile = signal<File | undefined>(undefined)
/** By name: later ones take the place of earlier ones. */
export const anchorFiles = signal<ReadonlyMap<string, File>>(new Map())
/** How many of the witnesses given must have cosigned. */
export const requiredWitnesses = signal(0)
/** The day as of which to judge; empty: now. */
export const day = signal('')

/** What came of it; none while nothing was verified or what was given has changed since. */
export type Outcome =
  { readonly kind: 'running' } | Inspection | { readonly kind: 'unusable'; readonly why: string }
export const outcome = signal<Outcome | undefined>(undefined)

const anchorNames = new Set<string>(anchorFileNames)
const maximumAnchorBytes = 16 * 1024 * 1024

/** Files as they are dropped anywhere: anchors by their names, a zip as the bundle, anything else as the document. */
export function give(files: readonly File[]): void {
  batch(() => {
    for (const file of files)
      if (anchorNames.has(file.name)) giveAnchors([file])
      else if (/\.zip$/i.test(file.name) && bundle.value === undefined) giveBundle(file)
      else giveDocument(file)
  })
}

export function giveBundle(file: File | undefined): void {
  bundle.value = file
  outcome.value = undefined
}

export function giveDocument(file: File | undefined): void {
  documentFile.value = file
  outcome.value = undefined
}

/** @returns the names that are no anchors' */
export function giveAnchors(files: readonly File[]): string[] {
  const known = files.filter(({ name }) => anchorNames.has(name))
  anchorFiles.value = new Map([
    ...anchorFiles.value,
    ...known.map((file): [string, File] => [file.name, file]),
  ])
  outcome.value = undefined
  return files.filter(({ name }) => !anchorNames.has(name)).map(({ name }) => name)
}

export function forgetAnchors(): void {
  anchorFiles.value = new Map()
  outcome.value = undefined
}

export function requireWitnesses(count: number): void {
  requiredWitnesses.value = count
  outcome.value = undefined
}

export function judgeAsOf(chosen: string): void {
  day.value = chosen
  outcome.value = undefined
}

/** Verifies what was given; what changes meanwhile makes the answer void. */
export async function verify(): Promise<void> {
  const file = bundle.value
  if (file === undefined || outcome.value?.kind === 'running') return
  const running = { kind: 'running' } as const
  outcome.value = running
  const found = await judged(file)
  if (outcome.value === running) outcome.value = found
}

async function judged(file: File): Promise<Outcome> {
  try {
    // The machine's clock, as a browser tells it without a date of its own making.
    const atMs = verifierTime(day.value, performance.timeOrigin + performance.now())
    const anchors = await readAnchors()
    const source = await openZip(file)
    try {
      const document = documentFile.value === undefined ? undefined : piecesOf(documentFile.value)
      return await inspect(browserCrypto, source, anchors, {
        document,
        requireWitnesses: requiredWitnesses.value,
        atMs,
      })
    } finally {
      await source.close()
    }
  } catch (error) {
    // Anything else would be a defect, and still no answer: the reader must see that.
    const why = error instanceof UnusableInput ? error.message : String(error)
    return { kind: 'unusable', why }
  }
}

async function readAnchors(): Promise<Anchors> {
  const files = new Map<string, Uint8Array>()
  for (const [name, file] of anchorFiles.value) {
    if (file.size > maximumAnchorBytes) throw new UnusableInput(`${name}: ${file.size} bytes`)
    files.set(name, new Uint8Array(await file.arrayBuffer()))
  }
  try {
    return parseAnchors(files, browserCrypto)
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    throw new UnusableInput(error.message, { cause: error })
  }
}

async function* piecesOf(file: File): AsyncIterable<Uint8Array> {
  const reader = file.stream().getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
