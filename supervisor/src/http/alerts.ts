import type { FindingKind } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { notFound, Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { acknowledge, resolve, type Operation } from '../alerts/acknowledge.ts'
import { isFleetAlert } from '../alerts/fleet.ts'
import { toldOf } from '../alerts/message.ts'
import type { Context } from '../context.ts'
import { explainFleet } from '../findings/advice/fleet.ts'
import { classify, explain, isRaisedKind } from '../findings/catalogue.ts'
import { findAlert, listAlerts, type Alert } from '../store/alerts.ts'
import { getBox } from '../store/boxes.ts'
import { findingsOfAlert, type StoredFinding } from '../store/findings.ts'
import { fleetSummary, type FleetSummary } from '../store/fleet-alerts.ts'
import { attemptsOfAlert } from '../store/notifications.ts'
import { CENTRE } from '../store/rows.ts'
import { callerOf, tenantOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, pageOf, readTimeCursor, Uuid } from './paging.ts'

const AlertPath = strictObject({ alert: Uuid })
/** Optional as a whole: taking charge needs no words. */
const Note = Type.Union([
  strictObject({ note: Type.Optional(Type.String({ maxLength: 2000 })) }),
  Type.Null(),
])

/** Alerts, how they were told, and who takes care of them. */
export function alertRoutes(server: Server, context: Context): void {
  server.get(
    '/api/v1/alerts',
    {
      schema: {
        tags: ['alerts'],
        summary: 'Alerts, newest first, with every attempt to tell of them',
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const { limit = DEFAULT_LIMIT, cursor } = request.query
      const at = readTimeCursor(cursor)
      const before = at && { openedAtMs: at.atMs, alertId: at.id }
      const tenantId = tenantOf(request)
      const alerts = await listAlerts(context.database, tenantId, limit + 1, before)
      const shown = new Map<string, Awaited<ReturnType<typeof shownAlert>>>()
      for (const alert of alerts.slice(0, limit))
        shown.set(alert.alertId, await shownAlert(context, alert))
      return pageOf(
        alerts,
        limit,
        ({ alertId }) => shown.get(alertId),
        ({ openedAtMs, alertId }) => [openedAtMs, alertId],
      )
    },
  )

  server.get(
    '/api/v1/alerts/:alert',
    { schema: { tags: ['alerts'], summary: 'One alert', params: AlertPath } },
    async (request) => {
      const { database } = context
      return shown(context, await findAlert(database, tenantOf(request), request.params.alert))
    },
  )

  for (const [name, summary, change] of [
    ['acknowledgement', 'Take care of an alert: reminders end', acknowledge],
    ['resolution', 'It is over: its findings are resolved', resolve],
  ] as const)
    server.post(
      `/api/v1/alerts/:alert/${name}`,
      { schema: { tags: ['alerts'], summary, params: AlertPath, body: Note } },
      async (request) => {
        const { tenantId, operatorId } = callerOf(request).operator
        const { alert: alertId } = request.params
        const operation: Operation = {
          tenantId,
          alertId,
          by: { operatorId },
          note: request.body?.note ?? null,
        }
        const alert = await change(context, operation)
        if (name === 'acknowledgement' && alert?.state === 'resolved') throw alreadyResolved()
        return shown(context, alert)
      },
    )
}

async function shown(context: Context, alert: Alert | undefined) {
  if (alert === undefined) throw notFound()
  return shownAlert(context, alert)
}

export async function shownAlert(context: Context, alert: Alert) {
  const { database, settings } = context
  const findings = await findingsOfAlert(database, alert, alert.alertId)
  const attempts = await attemptsOfAlert(database, alert, alert.alertId)
  const first = worst(findings)
  const box = alert.boxId === CENTRE ? undefined : await getBox(database, alert)
  const told = first && toldOf(box?.name ?? settings.centreName, first)
  const fleet = isFleetAlert(alert)
    ? await fleetSummary(database, alert.tenantId, alert.alertId, null)
    : undefined
  const explained = fleet ? explainFleet(fleet) : told && explain(told)
  return {
    id: alert.alertId,
    openedAt: formatTime(alert.openedAtMs),
    severity: alert.severity,
    box: alert.boxId === CENTRE ? null : alert.boxId,
    ...(fleet === undefined ? {} : { boxes: shownFleet(fleet) }),
    kind: worstOf(fleet?.kinds) ?? first?.kind ?? alert.cause,
    kinds: fleet?.kinds ?? [...new Set(findings.map(({ kind }) => kind))],
    findings: findings.map(({ findingId }) => findingId),
    ...(explained ?? { sentence: { fr: '', en: '' } }),
    state: alert.state,
    ...(alert.acknowledgedAtMs === null
      ? {}
      : { acknowledgedAt: formatTime(alert.acknowledgedAtMs) }),
    ...(alert.resolvedAtMs === null ? {} : { resolvedAt: formatTime(alert.resolvedAtMs) }),
    ...(alert.note === null ? {} : { note: alert.note }),
    notifications: attempts.map(({ atMs, channel, outcome, reply }) => ({
      at: formatTime(atMs),
      channel,
      outcome,
      reply,
    })),
  }
}

/** How many boxes an alert of the fleet tells of, how many are still silent, and the first few. */
function shownFleet({ boxes, silent, first }: FleetSummary) {
  return { count: boxes, silent, first: first.map(({ boxId }) => boxId) }
}

function worstOf(kinds: readonly FindingKind[] = []): FindingKind | undefined {
  return kinds.find((kind) => isRaisedKind(kind) && classify(kind).severity === 'alert') ?? kinds[0]
}

/** The finding that an alert is named after: the first of those that alert, else the first. */
function worst(findings: readonly StoredFinding[]): StoredFinding | undefined {
  return (
    findings.find(({ kind }) => isRaisedKind(kind) && classify(kind).severity === 'alert') ??
    findings[0]
  )
}

function alreadyResolved(): Problem {
  return new Problem({
    type: 'alert-resolved',
    status: 409,
    title: { fr: 'Cette alerte est déjà résolue.', en: 'This alert is resolved already.' },
  })
}
