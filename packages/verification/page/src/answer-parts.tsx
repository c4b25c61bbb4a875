import type { CollectionNotProved, Verdict } from '@probant/evidence'
import { wordsOf, type Answer } from '@probant/verification'
import { Badge, language, type Tone } from '@probant/web/browser'

export const tones: Readonly<Record<Answer, Tone>> = {
  valid: 'good',
  invalid: 'alert',
  'cannot-tell': 'warning',
  unusable: 'alert',
}

/** What even a valid answer leaves open. */
export function NotProvedList({ names }: { names: readonly CollectionNotProved[] }) {
  const { headings, notProved } = wordsOf(language.value)
  return (
    <section>
      <h2>{headings.notProved}</h2>
      <ul>
        {names.map((each) => (
          <li key={each}>{notProved[each]}</li>
        ))}
      </ul>
    </section>
  )
}

/** A verdict in a word and a colour. */
export const Status = ({ status }: { status: Verdict['status'] }) => (
  <Badge tone={tones[status]}>{wordsOf(language.value).status[status]}</Badge>
)
