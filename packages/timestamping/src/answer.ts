import { BitString, fromBER, Integer, Sequence, Utf8String } from 'asn1js'
import { TimestampError } from './errors.ts'

/** PKIStatus (RFC 3161 section 2.4.2). */
const statusWords: ReadonlyMap<number, string> = new Map([
  [2, 'rejected the request'],
  [3, 'asks to wait'],
  [4, 'warns that a revocation is near'],
  [5, 'says that a revocation has happened'],
])

/** PKIFailureInfo, by bit. */
const failureWords: ReadonlyMap<number, string> = new Map([
  [0, 'it does not know the digest algorithm'],
  [2, 'it does not accept such requests'],
  [5, 'the request is malformed'],
  [14, 'its time source is not available'],
  [15, 'it does not have the policy asked for'],
  [16, 'it does not know an extension'],
  [17, 'it can not give what was asked for in addition'],
  [25, 'its system failed'],
])

const LONGEST_TEXT = 200

/**
 * The token in a TimeStampResp (RFC 3161 section 2.4.2), DER as it stands there; nothing in it is verified.
 * @throws TimestampError `not-an-answer`; `not-granted` with what the authority says
 */
export function tokenIn(answer: Uint8Array, authority: string): Uint8Array {
  const { result, offset } = fromBER(Uint8Array.from(answer))
  if (!(result instanceof Sequence) || offset !== answer.length)
    throw notAnAnswer(authority, 'one DER value')
  const [info, token] = result.valueBlock.value
  if (!(info instanceof Sequence)) throw notAnAnswer(authority, 'a status')
  const [status, ...details] = info.valueBlock.value
  if (!(status instanceof Integer)) throw notAnAnswer(authority, 'a status')
  const code = status.valueBlock.valueDec
  if (code !== 0 && code !== 1) {
    const what = statusWords.get(code) ?? `answers with the status ${code}`
    const why = details.flatMap(wordsOf).join('; ')
    throw new TimestampError('not-granted', `${authority} ${what}${why === '' ? '' : `: ${why}`}`)
  }
  if (!(token instanceof Sequence)) throw notAnAnswer(authority, 'a token')
  return new Uint8Array(token.valueBeforeDecodeView)
}

/** What the authority adds to its status: a text of its own, or bits. */
function wordsOf(detail: unknown): string[] {
  if (detail instanceof Sequence) {
    return detail.valueBlock.value.flatMap((text) =>
      text instanceof Utf8String ? [printable(text.valueBlock.value)] : [],
    )
  }
  if (!(detail instanceof BitString)) return []
  const bytes = detail.valueBlock.valueHexView
  return [...failureWords].flatMap(([bit, words]) =>
    ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0 ? [] : [words],
  )
}

/** Whoever answers may have meant to draw over what a reader sees. */
function printable(text: string): string {
  return text.slice(0, LONGEST_TEXT).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

function notAnAnswer(authority: string, missing: string): TimestampError {
  return new TimestampError('not-an-answer', `${authority} answers without ${missing}`)
}
