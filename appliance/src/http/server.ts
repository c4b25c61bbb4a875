import { createServer, serveFolder, type Server } from '@probant/web'
import type { Box } from '../box.ts'
import { recogniseCallers } from './caller.ts'
import { checkRoutes } from './checks.ts'
import { depositDesk, depositRoutes } from './deposits.ts'
import { destructionRoutes } from './destructions.ts'
import { holdRoutes } from './holds.ts'
import { folderRoutes } from './folders.ts'
import { grantRoutes } from './grants.ts'
import { groupRoutes } from './groups.ts'
import { inventoryRoutes } from './inventory.ts'
import { journalRoutes } from './journal.ts'
import { contentRoutes } from './content.ts'
import { countRequests } from './metrics.ts'
import { objectRoutes } from './objects.ts'
import { passkeyRoutes } from './passkeys.ts'
import { peopleRoutes } from './people.ts'
import { problemOf } from './problems.ts'
import { proofRoutes } from './proofs.ts'
import { renewalRoutes } from './renewals.ts'
import { restitutionRoutes } from './restitutions.ts'
import { retentionRoutes } from './retention.ts'
import { roleRoutes } from './roles.ts'
import { sealCertificateRoutes } from './seal-certificates.ts'
import { secondFactorRoutes } from './second-factors.ts'
import { sessionRoutes } from './sessions.ts'
import { tokenRoutes } from './tokens.ts'
import { uploadRoutes } from './uploads.ts'
import { vaultRoutes } from './vaults.ts'

/** The box's API and portal, as staff and integrators reach them. */
export async function createApi(box: Box): Promise<Server> {
  const server = await createServer({
    logger: box.log,
    clock: box.clock,
    randomness: box.randomness,
    knownProblem: problemOf,
    openapi: {
      title: 'Probant',
      version: '1',
    },
  })
  countRequests(server, box)
  server.addHook('onRequest', (request, reply, done) => {
    if (request.protocol === 'https')
      void reply.header('strict-transport-security', 'max-age=31536000')
    done()
  })
  recogniseCallers(server, box)
  server.addHook('preHandler', (_request, _reply, done) => {
    // Fail closed: where nothing can be journalled, nothing is done.
    const { stoppedBecause } = box.journal
    const problem = stoppedBecause === undefined ? undefined : problemOf(stoppedBecause)
    done(problem instanceof Error ? problem : undefined)
  })
  server.addHook('onResponse', (request, _reply, done) => {
    // The rest of a form that was refused half-way is read by nobody, and would hold up the connection's next request.
    if (!request.raw.readableEnded) request.raw.unpipe().resume()
    done()
  })
  const desk = depositDesk(box)
  await depositRoutes(server, box, desk)
  uploadRoutes(server, box, desk)
  sessionRoutes(server, box)
  secondFactorRoutes(server, box)
  passkeyRoutes(server, box)
  vaultRoutes(server, box)
  grantRoutes(server, box)
  folderRoutes(server, box)
  peopleRoutes(server, box)
  groupRoutes(server, box)
  roleRoutes(server, box)
  tokenRoutes(server, box)
  objectRoutes(server, box)
  contentRoutes(server, box)
  inventoryRoutes(server, box)
  checkRoutes(server, box)
  proofRoutes(server, box)
  journalRoutes(server, box)
  sealCertificateRoutes(server, box)
  renewalRoutes(server, box)
  retentionRoutes(server, box)
  holdRoutes(server, box)
  destructionRoutes(server, box)
  restitutionRoutes(server, box)
  if (box.settings.portalFolder !== null) await serveFolder(server, box.settings.portalFolder)
  return server
}
