import type { Tone } from '@probant/web/browser'
import { Badge } from '@probant/web/browser'
import type { Box } from './service.ts'
import { words } from './words.ts'

type State = Box['state']

const tones: Readonly<Record<State, Tone>> = {
  ok: 'good',
  warning: 'warning',
  alert: 'alert',
  silent: 'warning',
}

/** The state of a box in one or two words. */
export function BoxState({ state }: { state: State }) {
  return <Badge tone={tones[state]}>{words()[state]}</Badge>
}

/** The same in a sentence. */
export function stateSentence(state: State): string {
  const say = words()
  const sentences = {
    ok: say.okWords,
    warning: say.warningWords,
    alert: say.alertWords,
    silent: say.silentWords,
  }
  return sentences[state]
}

export function toneOf(state: State): Tone {
  return tones[state]
}

/** What its TPM says of the machine, in a sentence. */
export function attestationSentence(attestation: Box['attestation']): string {
  const say = words()
  const sentences = {
    'not-attested': say.notAttested,
    attested: say.attested,
    mismatch: say.attestationMismatch,
    missing: say.attestationMissing,
  }
  return sentences[attestation]
}
