import { Problem } from '@probant/web'
import { Type } from 'typebox'

export const Page = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Items a page' }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 500, description: 'nextCursor of the page before, as it came' }),
  ),
}
export const DEFAULT_LIMIT = 50

const prefix = 'c1.'

/** Opaque to callers: where the next page begins. */
export function makeCursor(position: string | number): string {
  return Buffer.from(`${prefix}${position}`).toString('base64url')
}

/** @throws Problem 400 for anything that `makeCursor` did not make */
export function readCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!text.startsWith(prefix)) throw badCursor()
  return text.slice(prefix.length)
}

/** A cursor that holds a sequence number. */
export function readSeqCursor(cursor: string | undefined): number {
  const position = readCursor(cursor)
  if (position === undefined) return Number.MAX_SAFE_INTEGER
  if (!/^\d{1,15}$/.test(position)) throw badCursor()
  return Number(position)
}

export const badCursor = () =>
  new Problem({
    type: 'bad-cursor',
    status: 400,
    title: {
      fr: 'Ce curseur n’est pas de ce service : reprenez la liste au début.',
      en: 'This cursor is not one of this service: start the list again.',
    },
  })
