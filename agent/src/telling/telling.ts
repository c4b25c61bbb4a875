import type { LocalFinding, LocalFindings } from '../findings/findings.ts'
import type { MailSettings } from '../settings.ts'
import { sendMail } from './mailer.ts'

/** Findings that one message quotes; others are only counted. */
const QUOTED = 20

/**
 * Tells the client's own IT, by mail and without the centre, of what the agent found and nobody was told of yet: once each, all of them
 * in one message. What could not be sent is sent by a later call.
 * @throws Error when the relay doesn't take it
 */
export async function tellClient(
  mail: MailSettings,
  boxId: string,
  findings: LocalFindings,
): Promise<void> {
  const untold = findings.untold()
  if (untold.length === 0) return
  await sendMail(mail, subjectOf(boxId, untold.length), textOf(boxId, untold))
  await findings.markTold(untold)
}

function subjectOf(boxId: string, count: number): string {
  return `Probant ${boxId}: ${count} constat${count === 1 ? '' : 's'} / finding${count === 1 ? '' : 's'}`
}

function textOf(boxId: string, findings: readonly LocalFinding[]): string {
  const quoted = findings
    .slice(-QUOTED)
    .map(({ kind, at, fr, en, expected, found }) =>
      [fr, en, `  ${kind}, ${at}`, `  expected: ${expected}`, `  found: ${found}`].join('\n'),
    )
  const left = findings.length - quoted.length
  return [
    `Le boîtier ${boxId} le signale lui-même, sans passer par le centre de supervision.\nThe box ${boxId} tells you this by itself, not by way of the supervision centre.`,
    ...quoted,
    ...(left === 0 ? [] : [`+ ${left}`]),
    'À faire : `probant agent status` sur le boîtier ; appelez le centre par un autre moyen. Les pièces signées sont dans le dossier `findings` de l’agent.\nWhat to do: `probant agent status` on the box; call the centre by another way. The signed notes are in the agent’s folder `findings`.',
  ].join('\n\n')
}
