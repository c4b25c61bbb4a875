import { EvidenceError, fromBase64 } from '@probant/evidence'
import { KeyError } from '@probant/keys'
import { createServer, strictObject } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { badCeremony } from '../errors.ts'
import { problemOf } from '../http/problems.ts'
import { listenAt } from '../local/socket.ts'
import { Ceremonies } from '../recovery/ceremonies.ts'
import type { DeclaredKey } from '../recovery/declared-key.ts'
import { consoleSocket } from './socket.ts'

const CeremonyPath = strictObject({ ceremony: Type.String({ format: 'uuid' }) })
const operator = Type.String({ minLength: 1, maxLength: 200 })
const RotationBody = Type.Union([
  strictObject({
    level: Type.Literal('vault'),
    vault: Type.String({ format: 'uuid' }),
    operator,
  }),
  strictObject({
    level: Type.Union([Type.Literal('root'), Type.Literal('all')]),
    now: Type.Boolean(),
    operator,
  }),
])
const RenewalBody = strictObject({ now: Type.Boolean(), operator })
const Count = Type.Integer({ minimum: 1, maximum: 255 })

/**
 * What may be asked by somebody at the box's own console: a Unix socket of its own, which only the box's user can open. The agent has
 * no business here.
 */
export async function serveConsole(box: Box): Promise<{ close(): Promise<void> }> {
  const known = (error: unknown) => problemOf(asCeremonyError(error))
  const server = await createServer({
    logger: box.log,
    clock: box.clock,
    randomness: box.randomness,
    knownProblem: known,
    openapi: { title: 'Probant, console', version: '1' },
  })
  const ceremonies = new Ceremonies(box.journal, box.recovery, box.randomness)

  server.get('/recovery', async () => {
    const { key } = box.recovery
    return {
      box: { id: box.settings.boxId, name: box.settings.name },
      recoveryKey: key === undefined ? null : describe(key),
      ...(await box.recovery.count()),
    }
  })

  server.get('/rotations', () => box.rotation.standing())

  server.post('/rotations', { schema: { body: RotationBody } }, async (request, reply) => {
    await box.rotation.request(request.body)
    return reply.code(202).send(await box.rotation.standing())
  })

  server.post('/renewals', { schema: { body: RenewalBody } }, (request) =>
    box.renewal.request(request.body),
  )

  server.post(
    '/ceremonies',
    {
      schema: {
        body: strictObject({
          threshold: Count,
          shares: Count,
          replaces: Type.Union([Type.Null(), Type.String({ pattern: '^[0-9a-f]{64}$' })]),
        }),
      },
    },
    async (request, reply) => {
      const { replaces, ...quorum } = request.body
      const ceremony = await ceremonies.begin(quorum, replaces)
      return reply.code(201).send({ ceremony })
    },
  )

  server.post(
    '/ceremonies/:ceremony/confirmations',
    {
      schema: {
        params: CeremonyPath,
        body: strictObject({
          share: Count,
          holder: Type.String({ minLength: 1, maxLength: 200 }),
        }),
      },
    },
    async (request, reply) => {
      const { share, holder } = request.body
      await ceremonies.confirm(request.params.ceremony, share, holder)
      return reply.code(204).send()
    },
  )

  server.post(
    '/ceremonies/:ceremony/declaration',
    {
      schema: {
        params: CeremonyPath,
        body: strictObject({ publicKey: Type.String({ maxLength: 4000 }) }),
      },
    },
    async (request) => {
      await ceremonies.declare(request.params.ceremony, fromBase64(request.body.publicKey))
      return box.recovery.count()
    },
  )

  server.post(
    '/ceremonies/:ceremony/abandonment',
    { schema: { params: CeremonyPath } },
    async (request, reply) => {
      await ceremonies.abandon(request.params.ceremony)
      return reply.code(204).send()
    },
  )

  return listenAt(server, consoleSocket(box.settings))
}

const describe = ({ id, threshold, shares }: DeclaredKey) => ({ id, threshold, shares })

function asCeremonyError(error: unknown): unknown {
  const isCallers =
    error instanceof EvidenceError || (error instanceof KeyError && error.fault === 'caller')
  return isCallers ? badCeremony(error.message, error.message) : error
}
