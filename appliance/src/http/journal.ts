import { parseTrace, toBase64 } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { strictObject, type Server } from '@probant/web'
import { permittedOnBox } from '../access/permissions.ts'
import type { Box } from '../box.ts'
import { unwitnessedSince, witnessReport } from '../journal/witnessing.ts'
import { newestAuditReceipt, newestWitnessed } from '../store/cosignatures.ts'
import { findTombstone } from '../store/destruction.ts'
import { newestCheckpoint, searchTraces, type TraceFilter } from '../store/journal.ts'
import { allowedIn, callerOf, performed } from './caller.ts'
import { ObjectPath, objectFor } from './objects.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readSeqCursor } from './paging.ts'
import { VaultPath } from './vaults.ts'

interface PageQuery {
  readonly limit?: number
  readonly cursor?: string
}

export function journalRoutes(server: Server, box: Box): void {
  const tags = ['journal']
  const attempted = { act: 'read-journal' }

  server.get(
    '/api/v1/journal/head',
    {
      schema: {
        tags,
        summary: 'Newest checkpoint, its cosignatures, and how far witnessing lags behind',
      },
    },
    async (request) => {
      callerOf(request)
      const { database, clock, journal, proofs } = box
      const head = await newestCheckpoint(database)
      const { required } = box.witnessing
      const witnessed = await newestWitnessed(database, required)
      const audited = await newestAuditReceipt(database)
      const sinceMs = await unwitnessedSince(database, required)
      const witnesses = await witnessReport(database, box.witnessKeys)
      return {
        origin: journal.origin,
        size: head?.size ?? 0,
        checkpoint:
          head === undefined ? null : (await proofs.checkpointWithCosignatures(head.size)).note,
        witnessedSize: witnessed?.size ?? 0,
        requiredWitnesses: required,
        witnesses,
        datedSize: box.dating.datedSize,
        datedAt:
          box.dating.newestTimeMs === 0 ? null : new Date(box.dating.newestTimeMs).toISOString(),
        witnessedAt:
          witnessed === undefined ? null : new Date(witnessed.timestamp * 1000).toISOString(),
        witnessedCheckpoint:
          witnessed === undefined
            ? null
            : (await proofs.checkpointWithCosignatures(witnessed.size)).note,
        auditedSize: audited?.size ?? 0,
        auditedAt: audited === undefined ? null : new Date(audited.receivedAtMs).toISOString(),
        unwitnessedSince: sinceMs === undefined ? null : formatTime(sinceMs),
        unwitnessedTraces: (head?.size ?? 0) - (witnessed?.size ?? 0),
        secondsSinceWitnessed:
          witnessed === undefined
            ? null
            : Math.max(0, Math.floor(clock.nowMs() / 1000) - witnessed.timestamp),
        stopped: journal.stoppedBecause === undefined ? null : journal.stoppedBecause.code,
      }
    },
  )

  server.get(
    '/api/v1/journal',
    {
      schema: {
        tags,
        summary:
          'Traces of the box, newest first; a user without a role over the box sees their own acts',
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const caller = callerOf(request)
      const isOverseer = permittedOnBox(caller).has('read-box-journal')
      const filter = isOverseer ? {} : { actor: caller.user.id }
      const page = await tracePage(box, filter, request.query)
      await performed(box, caller, attempted.act, {}, { items: page.items.length })
      return page
    },
  )

  server.get(
    '/api/v1/vaults/:vault/journal',
    {
      schema: {
        tags,
        summary: 'Traces of a vault, newest first',
        params: VaultPath,
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const { vault, caller } = await allowedIn(
        box,
        request,
        request.params.vault,
        'read-journal',
        attempted,
      )
      const page = await tracePage(box, { vault: vault.id }, request.query)
      await performed(box, caller, attempted.act, { vault: vault.id }, { items: page.items.length })
      return page
    },
  )

  server.get(
    '/api/v1/vaults/:vault/objects/:id/journal',
    {
      schema: {
        tags,
        summary: 'Traces of an object, newest first',
        params: ObjectPath,
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const { vault: vaultId, id } = request.params
      const allowed = await allowedIn(box, request, vaultId, 'read-journal', {
        ...attempted,
        object: id,
      })
      // What was done to an object stays readable when the object isn't.
      if ((await findTombstone(box.database, vaultId, id)) === undefined)
        await objectFor(box, allowed, id, attempted.act)
      const page = await tracePage(box, { object: id }, request.query)
      await performed(
        box,
        allowed.caller,
        attempted.act,
        { vault: vaultId, object: id },
        { items: page.items.length },
      )
      return page
    },
  )
}

async function tracePage(box: Box, filter: TraceFilter, query: PageQuery) {
  const limit = query.limit ?? DEFAULT_LIMIT
  const found = await searchTraces(box.database, filter, readSeqCursor(query.cursor), limit + 1)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    items: page.map(({ bytes }) => {
      const { seq, time, act, outcome, vault, object, data } = parseTrace(bytes)
      return { seq, time, act, outcome, vault, object, data, trace: toBase64(bytes) }
    }),
    ...(found.length > limit && last !== undefined ? { nextCursor: makeCursor(last.seq) } : {}),
  }
}
