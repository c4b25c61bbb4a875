import { toHex } from '@probant/evidence'
import { spokenWords, wereSpoken } from '@probant/keys'
import {
  ANSWER_WORDS,
  enrolmentFingerprint,
  FINGERPRINT_WORDS,
  type PresentedBox,
  type PresentedCentre,
} from '@probant/shipping'
import type { Act } from '../alerts/journal.ts'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import {
  isByTpm,
  markUsed,
  setPendingEnrolment,
  type StoredEnrolmentCode,
} from '../store/enrolment-codes.ts'
import type { Operator } from '../store/operators.ts'
import { withEnrolmentCode } from './codes.ts'
import { decoded } from './decoded.ts'
import { checkEnrolment, enrolWithin } from './enrol.ts'

const NONCE_BYTES = 32

/** What this centre is known by. */
export type OwnIdentity = Omit<PresentedCentre, 'nonce'>

/**
 * Takes what a box without a TPM presents and answers with what it has to pin. Nothing is followed yet: that takes an operator to whom
 * the box's words were read. The last presentation counts.
 * @throws SupervisorError `enrolment-code`, `enrolment`
 */
export async function presentBox(
  context: Context,
  given: string,
  box: PresentedBox,
  own: OwnIdentity,
): Promise<PresentedCentre> {
  return withEnrolmentCode(context, given, async (client, code) => {
    checkEnrolment(context, { ...code, ...box, agentKey: agentKeyOf(box) })
    const nonce = context.randomness.bytes(NONCE_BYTES)
    const { origin, journalKey, agentKey } = box
    await setPendingEnrolment(client, code, { origin, journalKey, agentKey }, nonce)
    return { ...own, nonce: toHex(nonce) }
  })
}

/**
 * Follows the box whose words an operator typed, and uses up its code: durable and journalled when this resolves. Other words are refused,
 * counted and journalled.
 * @returns the words to read back, by language: the box's administrator types them there
 * @throws SupervisorError `enrolment-code`, `enrolment`
 */
export async function confirmBox(
  context: Context,
  operator: Operator,
  { code: given, words }: { code: string; words: string },
  own: OwnIdentity,
): Promise<{ boxId: string; answer: { fr: readonly string[]; en: readonly string[] } }> {
  const confirmed = await withEnrolmentCode(context, given, async (client, code) => {
    if (code.tenantId !== operator.tenantId)
      throw new SupervisorError('enrolment-code', 'the code is unknown')
    const { box, fingerprint } = pendingFingerprint(code, own)
    if (!wereSpoken(fingerprint.forCentre, FINGERPRINT_WORDS, words))
      throw new SupervisorError(
        'enrolment',
        'the words are not those of the keys that came here: a slip, or other keys on the box',
      )
    await markUsed(client, code, context.clock.nowMs())
    const { tenantId, boxId, name, schedule } = code
    const { operatorId } = operator
    const agentKey = agentKeyOf(box)
    const { origin, journalKey } = box
    const data = { box: boxId, code: code.codeId, fingerprint: toHex(fingerprint.forCentre) }
    const act: Act = { act: 'enrolment-fingerprint-confirmed', outcome: 'done', data, operatorId }
    await enrolWithin(
      client,
      context,
      { tenantId, boxId, name, schedule, operatorId, origin, journalKey, agentKey },
      [act],
    )
    return { boxId, forBox: fingerprint.forBox }
  })
  context.wake()
  const answer = (language: 'fr' | 'en') => spokenWords(confirmed.forBox, ANSWER_WORDS, language)
  return { boxId: confirmed.boxId, answer: { fr: answer('fr'), en: answer('en') } }
}

function pendingFingerprint({ pending }: StoredEnrolmentCode, own: OwnIdentity) {
  if (pending === null || isByTpm(pending.request))
    throw new SupervisorError('enrolment', 'no box has presented its keys with this code')
  const { request: box, secret: nonce } = pending
  return { box, fingerprint: enrolmentFingerprint(box, { ...own, nonce: toHex(nonce) }) }
}

const agentKeyOf = ({ agentKey }: PresentedBox) => decoded(agentKey, 'agentKey')
