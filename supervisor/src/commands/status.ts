import { formatTime } from '@probant/host'
import type { Context } from '../context.ts'
import { listAlerts } from '../store/alerts.ts'
import { listContacts } from '../store/contacts.ts'
import { listFleet } from '../store/fleet.ts'
import { DEFAULT_TENANT } from '../store/rows.ts'
import { withContext } from './with-context.ts'

/** `probant supervisor status`. Exit 1 when an alert is open. */
export async function printStatus(settings: string, json: boolean): Promise<number> {
  const status = await withContext(settings, statusOf)
  process.stdout.write(json ? `${JSON.stringify(status)}\n` : textOf(status))
  return status.openAlerts > 0 ? 1 : 0
}

type Status = Awaited<ReturnType<typeof statusOf>>

async function statusOf({ database }: Context) {
  const boxes = await listFleet(database, DEFAULT_TENANT, 100_000)
  const alerts = await listAlerts(database, DEFAULT_TENANT, 1000)
  const contacts = await listContacts(database, DEFAULT_TENANT)
  return {
    contacts: {
      verified: contacts.filter(({ verified }) => verified !== null).length,
      unverified: contacts.filter(({ verified }) => verified === null).length,
      unreachable: contacts
        .filter(({ broken }) => broken !== null)
        .map(({ contactId, channel, broken }) => ({ id: contactId, channel, why: broken?.why })),
    },
    boxes: boxes.map(
      ({ boxId, name, isWitnessedOnly, lastHead, lastShipment, nextDeadlineMs, openKinds }) => ({
        id: boxId,
        name,
        witnessedOnly: isWitnessedOnly,
        witnessed: lastHead?.size ?? null,
        audited: lastShipment?.size ?? null,
        nextDeadline: nextDeadlineMs === null ? null : formatTime(nextDeadlineMs),
        findings: openKinds,
      }),
    ),
    openAlerts: alerts.filter(({ state }) => state === 'open').length,
  }
}

function textOf({ boxes, contacts, openAlerts }: Status): string {
  const lines = boxes.map(
    ({ id, name, witnessedOnly, witnessed, audited, nextDeadline, findings }) =>
      `${id} (${name}): witnessed ${witnessed ?? 'never'}, ` +
      (witnessedOnly
        ? 'followed by another centre, '
        : `audited ${audited ?? 'never'}, next deadline ${nextDeadline ?? 'none'}, `) +
      `findings: ${findings.join(', ') || 'none'}`,
  )
  const { verified, unverified, unreachable } = contacts
  lines.push(
    `contacts: ${verified} verified, ${unverified} unverified`,
    ...unreachable.map(
      ({ id, channel, why }) => `alerting is broken: ${channel} contact ${id}, ${why ?? ''}`,
    ),
  )
  return `${[...lines, `open alerts: ${openAlerts}`].join('\n')}\n`
}
