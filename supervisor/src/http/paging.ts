import { Problem } from '@probant/web'
import { Type } from 'typebox'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Query of every list. */
export const Page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, description: 'Items a page' })),
  cursor: Type.Optional(
    Type.String({ maxLength: 500, description: 'nextCursor of the page before, as it came' }),
  ),
}

export const DEFAULT_LIMIT = 50

/** An identifier given by the centre. */
export const Uuid = Type.String({ pattern: UUID.source })

/** A page of a list; asked for one item more than it shows, it knows whether there is another. */
export function pageOf<Item, Shown>(
  items: readonly Item[],
  limit: number,
  show: (item: Item) => Shown,
  positionOf: (item: Item) => readonly (string | number)[],
): { items: Shown[]; nextCursor?: string } {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  const page = { items: shown.map(show) }
  return items.length > limit && last !== undefined
    ? { ...page, nextCursor: nextCursorOf(positionOf(last)) }
    : page
}

const PREFIX = 's1.'

/** What a list goes on from, opaque to whoever carries it. */
export function nextCursorOf(position: readonly (string | number)[]): string {
  return Buffer.from(PREFIX + JSON.stringify(position)).toString('base64url')
}

/** A cursor that names a position in a list by time, then by identifier. @throws Problem 400 */
export function readTimeCursor(
  cursor: string | undefined,
): { atMs: number; id: string } | undefined {
  if (cursor === undefined) return undefined
  const [atMs, id] = readCursor(cursor)
  if (typeof atMs !== 'number' || typeof id !== 'string' || !UUID.test(id)) throw badCursor()
  return { atMs, id }
}

/** A cursor that names a position in a list by time, then by text. @throws Problem 400 */
export function readEventCursor(
  cursor: string | undefined,
): { atMs: number; id: string } | undefined {
  if (cursor === undefined) return undefined
  const [atMs, id] = readCursor(cursor)
  // beyond the year 9999 no instant can be made of it
  const isInstant =
    Number.isInteger(atMs) && Number(atMs) >= 0 && Number(atMs) < 253_402_300_800_000
  if (typeof atMs !== 'number' || !isInstant || typeof id !== 'string' || id.includes('\0'))
    throw badCursor()
  return { atMs, id }
}

/** A cursor that names a position by a small number, then by text. @throws Problem 400 */
export function readRankCursor(
  cursor: string | undefined,
): { rank: number; boxId: string } | undefined {
  if (cursor === undefined) return undefined
  const [rank, boxId] = readCursor(cursor)
  if (typeof rank !== 'number' || !Number.isInteger(rank) || Math.abs(rank) > 100) throw badCursor()
  if (typeof boxId !== 'string' || boxId.includes('\0')) throw badCursor()
  return { rank, boxId }
}

/** A cursor that names a position by text or number. @throws Problem 400 */
export function readPlainCursor<T extends 'string' | 'number'>(
  cursor: string | undefined,
  type: T,
): (T extends 'string' ? string : number) | undefined
export function readPlainCursor(
  cursor: string | undefined,
  type: 'string' | 'number',
): string | number | undefined {
  if (cursor === undefined) return undefined
  const [position] = readCursor(cursor)
  if (typeof position === type && (typeof position === 'string' || typeof position === 'number'))
    return position
  throw badCursor()
}

function readCursor(cursor: string): unknown[] {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!text.startsWith(PREFIX)) throw badCursor()
  try {
    const position: unknown = JSON.parse(text.slice(PREFIX.length))
    if (Array.isArray(position)) return position
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw badCursor()
}

function badCursor(): Problem {
  return new Problem({
    type: 'bad-cursor',
    status: 400,
    title: {
      fr: 'Ce curseur n’est pas de ce service : reprenez la liste au début.',
      en: 'This cursor is not one of this service: start the list again.',
    },
  })
}
