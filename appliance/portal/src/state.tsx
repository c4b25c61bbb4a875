import { Badge } from '@probant/web/browser'
import { words } from './words.ts'

/** How far the evidence of a document has got, in one word. A state newer than this page counts as witnessed. */
export function StateBadge({ state }: { state: string }) {
  const say = words()
  return state === 'accepted' ? (
    <Badge tone="neutral">{say.accepted}</Badge>
  ) : (
    <Badge tone="good">{say.witnessed}</Badge>
  )
}

/** The same in plain words. */
export function StateExplained({ state }: { state: string }) {
  const say = words()
  return (
    <p>
      <StateBadge state={state} /> {state === 'accepted' ? say.acceptedWords : say.witnessedWords}
    </p>
  )
}
