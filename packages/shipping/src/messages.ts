import { attestation, type Attestation } from './attestation.ts'
import type { FrameName } from './frame.ts'
import {
  MAX_CHALLENGED_SEGMENTS,
  MAX_LOGGED_HEADS,
  MAX_NOTE_BYTES,
  MAX_PROOF_HASHES,
  MAX_TIMESTAMP_ANSWER_CHARACTERS,
  MAX_TIMESTAMP_LISTS_CHARACTERS,
  PCR_COUNT,
  PROTOCOL_VERSION,
} from './limits.ts'
import {
  base64,
  hex32,
  integer,
  list,
  matching,
  nullable,
  object,
  objectWith,
  oneOf,
  origin,
  text,
  type Reader,
} from './shape.ts'
import { decodeStrictly, encodeStrictly } from './strict-json.ts'

/** Opens a session. `boxTime` feeds a skew alert only; `databaseSize` is the size that the box's own database counts. */
export interface Hello {
  protocol: number
  origin: string
  boxTime: string
  databaseSize: number
  /** Present when this session ships and the box has a TPM that its settings name. */
  attestation?: 'tpm2'
  /** Present when this agent asks for the centre's log of what it cosigned: version 1 of `log`. */
  log?: 1
  /** What has kept acts from being journalled for a while, in the box's words; absent while all is well. */
  stoppedBecause?: string
  /** Likewise what keeps deposits alone from being taken: a key that proves them fails. */
  depositsStoppedBecause?: string
}

/** A size of the journal at the centre, with the checkpoint note that states it. */
export interface KnownSize {
  size: number
  note: string
}

/** Stored segments `[start, end)` to be shipped once more, chosen by a nonce that the box could not foresee. */
export interface Challenge {
  nonce: string
  segments: { start: number; end: number }[]
}

/** What a quote has to state: the nonce as qualifying data (64 hex digits), these registers of the SHA-256 bank. */
export interface AttestationRequest {
  nonce: string
  pcrs: number[]
}

export interface Welcome {
  protocol: number
  centreTime: string
  witnessed: KnownSize | null
  audited: KnownSize | null
  challenge: Challenge
  /** To a box that offered it and whose attestation key is enrolled. */
  attestation?: AttestationRequest
}

/** 200: taken, `findings` may stand beside it; 422: refused, nothing that this session ships is taken. */
export interface AttestationAnswer {
  status: 200 | 422
  findings?: ShippedFinding[]
}

/** A checkpoint with its proof of consistency with `oldSize`; `proof` holds base64 hashes of 32 bytes. */
export interface Head {
  oldSize: number
  note: string
  proof: string[]
}

/** As a C2SP tlog-witness answers: 200 `lines`; 409 `size` witnessed; 403 key unknown; 404 log unknown; 422 bad proof. */
export interface HeadAnswer {
  status: 200 | 403 | 404 | 409 | 422
  size?: number
  lines?: string[]
  reason?: string
}

/** One contradiction that the centre found, as `Finding` of @probant/evidence. */
export interface ShippedFinding {
  kind: string
  seq: number | null
  expected: string
  found: string
}

/**
 * 200: stored (and, for a shipment, recomputed: `receipt` is the audit receipt; none for a challenge answer);
 * 409: does not continue what is stored, ship from `size`; 422: refused, `findings` say why.
 */
export interface SegmentAnswer {
  status: 200 | 409 | 422
  size: number
  receipt?: string
  findings?: ShippedFinding[]
}

/** What the box knows of the centre's log (its size; 0: nothing yet), and the cosigned heads of its own to be shown in it. */
export interface LogRequest {
  size: number
  /** `time`: POSIX seconds of the cosignature. */
  heads: { size: number; time: number }[]
}

/** The log's newest checkpoint; null before the first. */
export interface LogAnswer {
  note: string | null
  /** RFC 9162 consistency from the size asked, base64 hashes; empty where that is larger than the log. */
  proof: string[]
  /** For each head asked, in that order; null: not under this checkpoint. */
  inclusions: ({ index: number; path: string[] } | null)[]
}

/** A request that the centre is to bring to its authority of this name. */
export interface Timestamp {
  authority: string
  /** TimeStampReq, base64. */
  request: string
}

/** 200: answered; 404: no such authority; 422: not a request; 429: too many today; 502: the authority gave no token. */
export interface TimestampAnswer {
  status: 200 | 404 | 422 | 429 | 502
  /** TimeStampResp, base64. */
  answer?: string
  /** Revocation lists, base64. */
  lists?: string[]
  reason?: string
}

/** Why the centre ends the session. */
export interface ErrorMessage {
  reason: string
}

/** The JSON message of each frame type; `segment` and `bye` carry none. */
export interface Messages {
  hello: Hello
  welcome: Welcome
  head: Head
  'head-answer': HeadAnswer
  'segment-answer': SegmentAnswer
  error: ErrorMessage
  attestation: Attestation
  'attestation-answer': AttestationAnswer
  timestamp: Timestamp
  'timestamp-answer': TimestampAnswer
  log: LogRequest
  'log-answer': LogAnswer
}

export type MessageName = keyof Messages & FrameName

const time = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'a time in UTC with milliseconds')
const note = text(MAX_NOTE_BYTES, 1)
const hash = matching(/^[A-Za-z0-9+/]{43}=$/, 'base64 of 32 bytes')
const kind = matching(/^[a-z-]{1,64}$/, 'a kind of finding')
const explanation = text(4096)

const knownSize = object<KnownSize>({ size: integer(), note })

const challenge = object<Challenge>({
  nonce: hex32,
  segments: list(
    object<{ start: number; end: number }>({ start: integer(), end: integer(1) }),
    MAX_CHALLENGED_SEGMENTS,
  ),
})

const finding = object<ShippedFinding>({
  kind,
  seq: nullable(integer()),
  expected: explanation,
  found: explanation,
})

const readers: { [N in MessageName]: Reader<Messages[N]> } = {
  hello: objectWith<
    Omit<Hello, 'attestation' | 'log' | 'stoppedBecause' | 'depositsStoppedBecause'>,
    { attestation: 'tpm2'; log: 1; stoppedBecause: string; depositsStoppedBecause: string }
  >(
    {
      protocol: oneOf(PROTOCOL_VERSION),
      origin,
      boxTime: time,
      databaseSize: integer(),
    },
    {
      attestation: oneOf('tpm2'),
      log: oneOf(1),
      stoppedBecause: text(500, 1),
      depositsStoppedBecause: text(500, 1),
    },
  ),
  welcome: objectWith<Omit<Welcome, 'attestation'>, { attestation: AttestationRequest }>(
    {
      protocol: oneOf(PROTOCOL_VERSION),
      centreTime: time,
      witnessed: nullable(knownSize),
      audited: nullable(knownSize),
      challenge,
    },
    {
      attestation: object<AttestationRequest>({
        nonce: hex32,
        pcrs: list(integer(0, PCR_COUNT - 1), PCR_COUNT),
      }),
    },
  ),
  head: object<Head>({ oldSize: integer(), note, proof: list(hash, MAX_PROOF_HASHES) }),
  'head-answer': objectWith<
    Pick<HeadAnswer, 'status'>,
    { size: number; lines: string[]; reason: string }
  >(
    { status: oneOf(200, 403, 404, 409, 422) },
    { size: integer(), lines: list(text(8192, 1), 16), reason: explanation },
  ),
  'segment-answer': objectWith<
    Pick<SegmentAnswer, 'status' | 'size'>,
    { receipt: string; findings: ShippedFinding[] }
  >(
    { status: oneOf(200, 409, 422), size: integer() },
    { receipt: note, findings: list(finding, 100) },
  ),
  error: object<ErrorMessage>({ reason: explanation }),
  attestation,
  'attestation-answer': objectWith<
    Pick<AttestationAnswer, 'status'>,
    { findings: ShippedFinding[] }
  >({ status: oneOf(200, 422) }, { findings: list(finding, 100) }),
  timestamp: object<Timestamp>({
    authority: matching(/^[a-z0-9][a-z0-9-]{0,39}$/, 'the name of an authority'),
    request: base64(1024),
  }),
  'timestamp-answer': objectWith<
    Pick<TimestampAnswer, 'status'>,
    { answer: string; lists: string[]; reason: string }
  >(
    { status: oneOf(200, 404, 422, 429, 502) },
    {
      answer: base64(MAX_TIMESTAMP_ANSWER_CHARACTERS),
      lists: list(base64(MAX_TIMESTAMP_LISTS_CHARACTERS), 8),
      reason: explanation,
    },
  ),
  log: object<LogRequest>({
    size: integer(),
    heads: list(
      object<{ size: number; time: number }>({ size: integer(), time: integer() }),
      MAX_LOGGED_HEADS,
    ),
  }),
  'log-answer': object<LogAnswer>({
    note: nullable(note),
    proof: list(hash, MAX_PROOF_HASHES),
    inclusions: list(
      nullable(
        object<{ index: number; path: string[] }>({
          index: integer(),
          path: list(hash, MAX_PROOF_HASHES),
        }),
      ),
      MAX_LOGGED_HEADS,
    ),
  }),
}

/**
 * The JCS payload of one message.
 * @throws ShippingError `malformed-message` when our own message would be refused by a peer
 */
export function encodeMessage<N extends MessageName>(name: N, message: Messages[N]): Uint8Array {
  return encodeStrictly(readers[name], name, message)
}

/**
 * Reads the payload of a frame strictly: canonical JSON, exactly the members of the message, within limits.
 * @throws ShippingError `malformed-message`, naming the member
 */
export function decodeMessage<N extends MessageName>(name: N, payload: Uint8Array): Messages[N] {
  return decodeStrictly(readers[name], name, payload)
}
