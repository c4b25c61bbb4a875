import { toHex } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import { evidenceErrorOf, type EvidenceError } from '../errors.ts'
import { parseSealData, sealContradiction, type Sha3Chain } from '../seal.ts'
import { parseTrace, type Trace } from '../trace.ts'

/** What is wrong with a seal: both sides of the contradiction. */
export interface SealProblem {
  readonly kind: 'broken-chain' | 'missing-seal'
  readonly expected: string
  readonly found: string
}

/** What one leaf of the journal holds, as far as it can be told from its bytes and those before it. */
export interface Reading {
  /** Hex SHA-256 of the bytes: what the next trace's `prev` must be. */
  readonly hash: string
  readonly bytes: Uint8Array
  readonly trace: Trace | undefined
  /** Why there is no trace. */
  readonly unreadable: EvidenceError | undefined
  readonly sealProblem: SealProblem | undefined
}

/** Reads a leaf. `chain` covers every leaf before it and is not changed. */
export function readLeaf(hashing: Hashing, bytes: Uint8Array, chain: Sha3Chain): Reading {
  const hash = toHex(hashing.hash('sha256', bytes))
  try {
    const trace = parseTrace(bytes)
    const sealProblem = trace.act === 'seal' ? checkSeal(trace, chain) : undefined
    return { hash, bytes, trace, unreadable: undefined, sealProblem }
  } catch (error) {
    const unreadable = evidenceErrorOf(error)
    return { hash, bytes, trace: undefined, unreadable, sealProblem: undefined }
  }
}

function checkSeal(trace: Trace, chain: Sha3Chain): SealProblem | undefined {
  try {
    const problem = sealContradiction(parseSealData(trace.data), chain)
    return problem === undefined ? undefined : { kind: 'broken-chain', ...problem }
  } catch (error) {
    return { kind: 'missing-seal', expected: 'a seal', found: evidenceErrorOf(error).message }
  }
}
