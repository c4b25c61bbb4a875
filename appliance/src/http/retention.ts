import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import { changeDefault, createClass, lengthen, startRetention } from '../retention/classes.ts'
import { termOfObject } from '../retention/object-term.ts'
import { classFor, defaultOf, listClasses, type RetentionClass } from '../store/retention.ts'
import { allowedIn, allowedOnBox, callerOf } from './caller.ts'
import { ObjectPath, objectFor } from './objects.ts'
import { problemOf } from './problems.ts'
import { VaultPath, nameTaken } from './vaults.ts'

const ClassName = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })
/** A century; beyond, say for ever. */
const Days = Type.Union([Type.Integer({ minimum: 1, maximum: 36_525 }), Type.Null()], {
  description: 'Null: for ever',
})
const EventDate = Type.String({
  pattern: '^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$',
  format: 'date',
  description: 'The day of the event; retention counts from its end, UTC',
})

const describe = ({ name, days, starts, fate }: RetentionClass) => ({ name, days, starts, fate })

const noSuchClass = () =>
  problemOf(
    noSuchEntry(
      'Cette classe de conservation n’existe pas.',
      'This retention class does not exist.',
    ),
  )

export function retentionRoutes(server: Server, box: Box): void {
  const tags = ['retention']

  server.post(
    '/api/v1/retention-classes',
    {
      schema: {
        tags,
        summary: 'Make a retention class: how long, from what on, and what becomes of it then',
        body: strictObject({
          name: ClassName,
          days: Days,
          starts: Type.Union([Type.Literal('deposit'), Type.Literal('event')]),
          fate: Type.Union([Type.Literal('destroy'), Type.Literal('keep'), Type.Literal('review')]),
        }),
      },
    },
    async (request, reply) => {
      const act = 'retention-class-created'
      const { user } = await allowedOnBox(box, request, 'manage-retention', act)
      await createClass({ journal: box.journal, actorId: user.id }, request.body).catch(
        (error: unknown) => {
          throw nameTaken(error, 'a retention class of this name exists')
        },
      )
      return reply.code(201).send(describe(request.body))
    },
  )

  server.get(
    '/api/v1/retention-classes',
    { schema: { tags, summary: 'Retention classes, by name' } },
    async (request) => {
      callerOf(request)
      return { items: (await listClasses(box.database)).map(describe) }
    },
  )

  server.patch(
    '/api/v1/retention-classes/:name',
    {
      schema: {
        tags,
        summary: 'Lengthen a retention class; it is never shortened',
        params: strictObject({ name: ClassName }),
        body: strictObject({ days: Days }),
      },
    },
    async (request) => {
      const act = 'retention-class-lengthened'
      const { user } = await allowedOnBox(box, request, 'manage-retention', act)
      const { name } = request.params
      const before = (await listClasses(box.database)).find((each) => each.name === name)
      if (before === undefined) throw noSuchClass()
      const { days } = request.body
      await lengthen({ journal: box.journal, actorId: user.id }, name, days).catch(
        refusedAct(box, { act, actorId: user.id }),
      )
      return describe({ ...before, days })
    },
  )

  server.get(
    '/api/v1/vaults/:vault/retention',
    { schema: { tags, summary: 'The class of what names none', params: VaultPath } },
    async (request) => {
      const attempted = { act: 'list' }
      const { vault } = await allowedIn(box, request, request.params.vault, 'list', attempted)
      return { class: await defaultOf(box.database, vault.id) }
    },
  )

  server.put(
    '/api/v1/vaults/:vault/retention',
    {
      schema: {
        tags,
        summary: 'Set the class of what comes into a vault without naming one; null: none',
        params: VaultPath,
        body: strictObject({ class: Type.Union([ClassName, Type.Null()]) }),
      },
    },
    async (request) => {
      const attempted = { act: 'vault-retention-changed' }
      const { vault: id } = request.params
      const { vault, caller } = await allowedIn(box, request, id, 'manage-retention', attempted)
      const { class: name } = request.body
      if (name !== null && (await classFor(box.database, vault.id, name)) === undefined)
        throw noSuchClass()
      await changeDefault({ journal: box.journal, actorId: caller.user.id }, vault.id, name)
      return { class: name }
    },
  )

  server.put(
    '/api/v1/vaults/:vault/objects/:id/retention-start',
    {
      schema: {
        tags,
        summary:
          'Date the event from which an object’s retention counts; later only to a later day',
        params: ObjectPath,
        body: strictObject({ date: EventDate }),
      },
    },
    async (request) => {
      const { vault: vaultId, id } = request.params
      const attempted = { act: 'retention-started', object: id }
      const allowed = await allowedIn(box, request, vaultId, 'manage-retention', attempted)
      const object = await objectFor(box, allowed, id, attempted.act)
      const { vault, caller } = allowed
      const { date } = request.body
      const who = { journal: box.journal, actorId: caller.user.id }
      const refused = refusedAct(box, { ...attempted, vault: vault.id, actorId: caller.user.id })
      await startRetention(who, vault.id, id, date).catch(refused)
      return { retention: await termOfObject(box.policies, object) }
    },
  )
}

/** What a rule of retention refuses is journalled as refused. */
export function refusedAct(
  { journal }: Box,
  attempted: {
    readonly act: string
    readonly actorId: string
    readonly vault?: string
    readonly object?: string
  },
) {
  return async (error: unknown): Promise<never> => {
    if (error instanceof BoxError && error.code === 'retention-refused')
      await journal.record({
        ...attempted,
        outcome: 'refused',
        data: { reason: 'retention-refused' },
      })
    throw problemOf(error)
  }
}
