import type { Shaped } from '@probant/web/browser'
import { address, list, number, oneOf, pageOf, record, text } from '@probant/web/browser'
import { withCursor } from '../service.ts'

const codeShape = record({
  id: text,
  box: text,
  name: text,
  state: oneOf('open', 'presented', 'used', 'revoked', 'dead', 'expired'),
  refusals: number,
  issuedBy: text,
  issuedAt: text,
  expiresAt: text,
})
export type Code = Shaped<typeof codeShape>
export const codePage = pageOf(codeShape)

export const issuedShape = record({ code: text, expiresAt: text })
export type Issued = Shaped<typeof issuedShape> & { box: string }

export const confirmedShape = record({
  boxId: text,
  answer: record({ fr: list(text), en: list(text) }),
})
export type Confirmed = Shaped<typeof confirmedShape>

export const codeAddresses = {
  list: (cursor?: string) => withCursor(address`/enrolment-codes`, cursor),
  issue: address`/enrolment-codes`,
  of: (code: string) => address`/enrolment-codes/${code}`,
  confirm: address`/enrolments/confirmations`,
}
