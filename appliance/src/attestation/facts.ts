import {
  fromBase64,
  fromUtf8,
  parseCheckpoint,
  parseCosignature,
  parseLat,
  parseNote,
  parseStatement,
  parseToken,
  parseTrace,
  type BundleInput,
} from '@probant/evidence'
import { formatTime } from '@probant/host'
import { readMetadata } from '../deposit/metadata.ts'

/** What an attestation tells, all of it taken from the bundle that it is in. */
export interface AttestationFacts {
  readonly box: string
  readonly vault: string
  readonly object: string
  /** Null for a reader who may not see it, or where it was erased. */
  readonly title: string | null
  readonly depositor: string | null
  readonly files: readonly {
    readonly size: number
    readonly mediaType: string
    readonly sha256: string
    readonly sha3: string
  }[]
  /** RFC 3339, as all times here. */
  readonly receivedAt: string
  readonly token: { readonly time: string }
  readonly cosignatures: readonly { readonly time: string; readonly name: string }[]
  /** By authorities outside. */
  readonly datings: readonly { readonly time: string }[]
  readonly journal: { readonly origin: string; readonly size: number }
  readonly traces: readonly {
    readonly seq: number
    readonly time: string
    readonly act: string
    readonly outcome: string
  }[]
}

/** Read from what the bundle is made of: nothing here that isn't there as well, under a signature. */
export function attestationFacts(input: BundleInput): AttestationFacts {
  const lat = parseLat(input.lat)
  const { box, vault, object, receivedAt, files } = parseStatement(lat.statement)
  const note = parseNote(input.checkpointNote)
  const { origin, size } = parseCheckpoint(note.text)
  const { depositor } = input.openings
  const byName = new Map<string, string>()
  for (const signature of note.signatures) {
    // The journal's own line is no cosignature; of a witness that signs twice, by two algorithms, one date is told.
    if (signature.name === origin) continue
    const { timestamp } = parseCosignature(signature)
    byName.set(signature.name, formatTime(timestamp * 1000))
  }
  return {
    ...{ box, vault, object, receivedAt },
    title: input.metadata === null ? null : readMetadata(input.metadata).title,
    depositor: depositor === null ? null : fromUtf8(fromBase64(depositor.value)),
    files: files.map(({ size, mediaType, digests }) => ({
      ...{ size, mediaType, sha256: digests.sha256 },
      sha3: digests['sha3-256'],
    })),
    token: { time: parseToken(lat.token).genTime },
    cosignatures: [...byName].map(([name, time]) => ({ name, time })),
    datings: (input.dating?.tokens ?? []).map(({ token }) => ({
      time: parseToken(token).genTime,
    })),
    journal: { origin, size },
    traces: input.traces.map(({ bytes }) => {
      const { seq, time, act, outcome } = parseTrace(bytes)
      return { seq, time, act, outcome }
    }),
  }
}
