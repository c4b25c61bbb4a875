import {
  memorySource,
  utf8,
  verifyBundle,
  type Anchors,
  type BundleEntry,
  type BundleInput,
  type BundleOptions,
  type BundleReport,
} from '../../src/index.ts'
import { testCrypto } from '../test-crypto.ts'
import { TestWorld } from '../world.ts'
import { bytesIn, forged } from './forgery.ts'

// One deposit of two documents, whose bundle the tests of bundles change.

export const world = await TestWorld.create()
world.journal.append()
export const deposit = await world.deposit([utf8('le premier fichier\n'), utf8('le second')])
export const anchors = world.anchors()
export const entries = world.bundle(deposit)

export function verify(
  bundle: readonly BundleEntry[] = entries,
  options: BundleOptions = {},
  trusted: Anchors = anchors,
): Promise<BundleReport> {
  return verifyBundle(testCrypto, memorySource(bundle), trusted, options)
}

/** The check that failed first and why, or the status of the whole. */
export async function answer(...parameters: Parameters<typeof verify>): Promise<string> {
  const { verdict, checks } = await verify(...parameters)
  if (verdict.status !== 'invalid') return verdict.status
  const failed = checks.find((check) => check.verdict === verdict)
  return `${failed?.name ?? ''}: ${verdict.code}`
}

export const bytesOf = (name: string): Uint8Array => bytesIn(entries, name)

export const replaced = (name: string, bytes: Uint8Array): BundleEntry[] =>
  forged(entries, name, bytes)

export const without = (...names: string[]): BundleEntry[] =>
  entries.filter((entry) => !names.includes(entry.name))

/** A bundle of the world's own making, with some parts changed. */
export const made = (changes: Partial<BundleInput>): BundleEntry[] => world.bundle(deposit, changes)
