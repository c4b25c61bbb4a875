import { createServer, serveFolder, type Server } from '@probant/web'
import type { Context } from '../context.ts'
import { acknowledgementRoutes } from './acknowledgements.ts'
import { alertJournalRoutes } from './alert-journal.ts'
import { alertRoutes } from './alerts.ts'
import { attestationRoutes } from './attestations.ts'
import { boxRoutes } from './boxes.ts'
import { recogniseCallers, SESSION_COOKIE } from './caller.ts'
import { contactVerificationRoutes } from './contact-verifications.ts'
import { contactRoutes } from './contacts.ts'
import { enrolmentRoutes, type SshAddress } from './enrolments.ts'
import { hardwareChangeRoutes } from './hardware-changes.ts'
import { headLogRoutes } from './head-log.ts'
import { maintenanceRoutes } from './maintenance.ts'
import { scheduleRoutes } from './schedules.ts'
import { sessionRoutes } from './sessions.ts'
import { enrolmentCodeRoutes } from './enrolment-codes.ts'
import { findingRoutes } from './findings.ts'
import { timelineRoutes } from './timeline.ts'
import { fingerprintEnrolmentRoutes } from './fingerprint-enrolments.ts'
import { testConfirmationRoutes } from './test-confirmations.ts'
import { tpmEnrolmentRoutes } from './tpm-enrolments.ts'

/** The centre's API and pages. */
export async function createApi(context: Context, ssh: () => SshAddress): Promise<Server> {
  const { logger, clock, randomness, settings } = context
  const server = await createServer({
    logger,
    clock,
    randomness,
    openapi: { title: 'Probant supervision', version: '1', sessionCookie: SESSION_COOKIE },
  })
  recogniseCallers(server, context)
  sessionRoutes(server, context)
  boxRoutes(server, context)
  findingRoutes(server, context)
  timelineRoutes(server, context)
  attestationRoutes(server, context)
  alertRoutes(server, context)
  acknowledgementRoutes(server, context)
  alertJournalRoutes(server, context)
  headLogRoutes(server, context)
  enrolmentRoutes(server, context, ssh)
  enrolmentCodeRoutes(server, context)
  tpmEnrolmentRoutes(server, context, ssh)
  fingerprintEnrolmentRoutes(server, context, ssh)
  hardwareChangeRoutes(server, context)
  contactRoutes(server, context)
  contactVerificationRoutes(server, context)
  testConfirmationRoutes(server, context)
  scheduleRoutes(server, context)
  maintenanceRoutes(server, context)
  if (typeof settings.portalFolder === 'string') await serveFolder(server, settings.portalFolder)
  return server
}
