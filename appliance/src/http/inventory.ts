import { toHex } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { Problem, strictObject, type Server } from '@probant/web'
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { inventoryCsv } from '../inventory/csv.ts'
import type { InventoryLine } from '../inventory/lines.ts'
import { inventoryPdf } from '../inventory/pdf.ts'
import { inventoryWords } from '../inventory/words.ts'
import { allObjectsOf, countObjects, type StoredObject } from '../store/objects.ts'
import type { KeptMetadata } from '../deposit/metadata.ts'
import { allowedIn, performed } from './caller.ts'
import { descriptions, stateOf } from './objects.ts'
import { VaultPath } from './vaults.ts'

const OBJECTS_AT_ONCE = 100
/** Beyond it nobody turns the pages. */
const MOST_PRINTED = 20_000

const tooManyObjects = new Problem({
  type: 'too-many-objects',
  status: 422,
  title: {
    fr: `Ce coffre compte plus de ${MOST_PRINTED} objets : demandez-en l’inventaire en CSV.`,
    en: `This vault has more than ${MOST_PRINTED} objects: ask for its inventory as CSV.`,
  },
})

/** The list of all that a vault holds, to be kept or printed. */
export function inventoryRoutes(server: Server, box: Box): void {
  server.get(
    '/api/v1/vaults/:vault/inventory',
    {
      schema: {
        tags: ['objects'],
        summary: 'Everything in the vault, oldest first, as CSV or PDF; comes as it is made',
        params: VaultPath,
        querystring: strictObject({
          format: Type.Optional(Type.Union([Type.Literal('csv'), Type.Literal('pdf')])),
        }),
      },
    },
    async (request, reply) => {
      const act = 'inventory'
      const allowed = await allowedIn(box, request, request.params.vault, 'list', { act })
      const { vault, caller, permissions } = allowed
      const format = request.query.format ?? asked(request.headers.accept)
      if (format === 'pdf') {
        const { objects } = await countObjects(box.database, vault.id)
        if (objects > MOST_PRINTED) {
          const data = { reason: tooManyObjects.type }
          const refusal = {
            act,
            outcome: 'refused',
            vault: vault.id,
            actorId: caller.user.id,
          } as const
          await box.journal.record({ ...refusal, data })
          throw tooManyObjects
        }
      }
      const head = {
        vault: vault.id,
        name: vault.name,
        time: formatTime(box.clock.nowMs()),
        // What is deposited from now on is not in it.
        journalSize: box.journal.size,
        isDescribed: permissions.has('read-description'),
      }
      const { journalSize, isDescribed } = head
      await performed(box, caller, act, { vault: vault.id }, { format, journalSize })
      const words = inventoryWords(request.language)
      const lines = linesOf(box, vault.id, journalSize, isDescribed)
      const made = (format === 'pdf' ? inventoryPdf : inventoryCsv)(words, head, lines)
      return reply
        .type(format === 'pdf' ? 'application/pdf' : 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="inventory-${vault.id}.${format}"`)
        .header('content-language', words.language)
        .header('vary', 'Accept, Accept-Language')
        .send(Readable.from(made, { objectMode: false }))
    },
  )
}

const asked = (accept = ''): 'csv' | 'pdf' =>
  accept.includes('application/pdf') && !accept.includes('text/csv') ? 'pdf' : 'csv'

/** Oldest first, page by page; only what was deposited among the journal's first traces. */
async function* linesOf(
  box: Box,
  vaultId: string,
  journalSize: number,
  isDescribed: boolean,
): AsyncGenerator<InventoryLine> {
  for (let after = -1; ;) {
    const page = await allObjectsOf(box.database, vaultId, after, OBJECTS_AT_ONCE)
    // Its key may have been replaced since the page before.
    const vault = await box.lookups.vault(vaultId)
    const described =
      isDescribed && vault !== undefined ? await descriptions(box, vault, page) : undefined
    for (const object of page) {
      if (object.depositSeq >= journalSize) return
      yield lineOf(box, object, described?.get(object.id))
      after = object.depositSeq
    }
    if (page.length < OBJECTS_AT_ONCE) return
  }
}

function lineOf(box: Box, object: StoredObject, metadata: KeptMetadata | undefined): InventoryLine {
  const { title = '', fileName, fileNames, folder = '', fields = {} } = metadata ?? {}
  const names = fileNames ?? (fileName === undefined ? [] : [fileName])
  return {
    id: object.id,
    depositedAt: formatTime(object.depositedAtMs),
    depositor: object.depositorId,
    sizeBytes: object.sizeBytes,
    files: object.files,
    mediaType: object.mediaType,
    sha256: toHex(object.sha256),
    sha3: toHex(object.sha3),
    state: stateOf(box, object),
    ...(metadata === undefined ? {} : { description: { title, fileNames: names, folder, fields } }),
  }
}
