import { concat } from '@probant/evidence'
import { notFound, type Server } from '@probant/web'
import type { Context } from '../context.ts'
import { TILE_HEIGHT, TILE_WIDTH } from '../head-log/tiles.ts'
import { leavesBetween, newestLogCheckpoint, readTile } from '../store/head-log.ts'
import { DEFAULT_TENANT } from '../store/rows.ts'
import { tenantOf } from './caller.ts'

/** `0/x001/x234/067`, then the number of hashes or entries where there are fewer than 256 (C2SP tlog-tiles). */
const PATH = /^(entries|[0-6])\/((?:x\d{3}\/){0,4}\d{3})(?:\.p\/(\d{1,3}))?$/

/**
 * The centre's log of the heads that it cosigned, as C2SP tlog-tiles. Checkpoint and hashes are for anybody, so that whoever
 * compares two views can; entries name journals and their sizes, and are for who signs in.
 */
export function headLogRoutes(server: Server, context: Context): void {
  const { database } = context
  const tags = ['log of cosigned heads']

  server.get(
    '/api/v1/log/checkpoint',
    { schema: { tags, summary: 'Newest signed checkpoint' } },
    async (_request, reply) => {
      const newest = await newestLogCheckpoint(database, DEFAULT_TENANT)
      if (newest === undefined) throw notFound()
      return reply.type('text/plain; charset=utf-8').send(newest.note)
    },
  )

  server.get(
    '/api/v1/log/tile/*',
    { schema: { tags, summary: 'A tile of hashes, or a bundle of entries (C2SP tlog-tiles)' } },
    async (request, reply) => {
      const place = placeOf(request.params)
      const tenantId = place.level === undefined ? tenantOf(request) : DEFAULT_TENANT
      const signed = await newestLogCheckpoint(database, tenantId)
      const inLevel = Math.floor((signed?.size ?? 0) / 2 ** (TILE_HEIGHT * (place.level ?? 0)))
      if (place.start + place.width > inLevel) throw notFound()
      const bytes = await (place.level === undefined
        ? entries(context, tenantId, place)
        : hashes(context, tenantId, place.level, place))
      return reply.type('application/octet-stream').send(Buffer.from(bytes))
    },
  )
}

interface Place {
  /** Of a tile; undefined for entries. */
  readonly level: number | undefined
  /** First hash or entry. */
  readonly start: number
  readonly width: number
}

/** @throws Problem 404 */
function placeOf(params: unknown): Place {
  const path: unknown =
    typeof params === 'object' && params !== null ? Reflect.get(params, '*') : ''
  const [, kind, digits, partial] = PATH.exec(String(path)) ?? []
  const start = Number(digits?.replaceAll(/[x/]/g, '')) * TILE_WIDTH
  const width = partial === undefined ? TILE_WIDTH : Number(partial)
  if (!Number.isSafeInteger(start) || width < 1 || width > TILE_WIDTH) throw notFound()
  return { level: kind === 'entries' ? undefined : Number(kind), start, width }
}

async function hashes(
  { database }: Context,
  tenantId: string,
  level: number,
  { start, width }: Place,
): Promise<Uint8Array> {
  const tile = await readTile(database, tenantId, level, start / TILE_WIDTH)
  return concat(...tile.slice(0, width))
}

/** Each entry after its length in two bytes. */
async function entries(
  { database }: Context,
  tenantId: string,
  { start, width }: Place,
): Promise<Uint8Array> {
  const leaves = await leavesBetween(database, tenantId, start, start + width)
  return concat(
    ...leaves.flatMap(({ head: { leaf } }) => [
      new Uint8Array([leaf.length >> 8, leaf.length & 0xff]),
      leaf,
    ]),
  )
}
