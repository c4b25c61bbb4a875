import { Badge } from '@probant/web/browser'
import { words } from './words.ts'

/** How far the evidence of a document has got, in one word. A state newer than this page counts as dated. */
export function StateBadge({ state }: { state: string }) {
  const say = words()
  if (state === 'accepted') return <Badge tone="neutral">{say.accepted}</Badge>
  return <Badge tone="good">{state === 'witnessed' ? say.witnessed : say.dated}</Badge>
}

/** The same in plain words. */
export function StateExplained({ state }: { state: string }) {
  const say = words()
  const explained = { accepted: say.acceptedWords, witnessed: say.witnessedWords }[state]
  return (
    <p>
      <StateBadge state={state} /> {explained ?? say.datedWords}
    </p>
  )
}

/** Whether a new countersignature, or a new date from outside, can change a state: boxes without such authorities never date. */
export function mayAdvance(state: string, datedSize: number): boolean {
  return state === 'accepted' || (state === 'witnessed' && datedSize > 0)
}
