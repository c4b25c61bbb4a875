import { formatTime } from '@probant/host'
import type { Outgoing } from './channel.ts'

/** The message that a new contact answers before it is told of any alert. Nothing of boxes or alerts is in it. */
export function verificationMessage(
  centreName: string,
  { link, code, validUntilMs }: { link: string; code: string; validUntilMs: number },
): Pick<Outgoing, 'type' | 'severity' | 'subject' | 'text' | 'line' | 'data' | 'challenge'> {
  const until = formatTime(validUntilMs)
  return {
    type: 'verification',
    severity: 'notice',
    line: `The supervision centre asks to confirm this contact: tell its operator the code ${code}.`,
    data: { link, validUntil: until },
    challenge: code,
    subject: `[Probant] Confirmer ce contact / Confirm this contact – ${centreName}`,
    text: `Le centre de supervision ${centreName} vous a ajouté aux contacts qu’il alerte. Aucune alerte ne vous parvient avant votre confirmation :
${link}

Ou donnez ce code à l’opérateur du centre : ${code}

Valable jusqu’au ${until}. Si vous ne l’attendiez pas, ne faites rien : plus rien ne vous sera envoyé.

— — —

The supervision centre ${centreName} added you to the contacts that it alerts. No alert reaches you before you confirm:
${link}

Or tell this code to the centre’s operator: ${code}

Valid until ${until}. If you did not expect this, do nothing: nothing more will be sent to you.
`,
  }
}
