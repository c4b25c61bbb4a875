import { dictionary, Link, path } from '@probant/web/browser'
import { words as pageWords } from './words.ts'

const words = dictionary(
  {
    box: 'Boîtier',
    overview: 'Aujourd’hui',
    timeline: 'Chronologie',
    schedule: 'Échéances',
    attestation: 'Attestation',
  },
  {
    box: 'Box',
    overview: 'Today',
    timeline: 'Timeline',
    schedule: 'Deadlines',
    attestation: 'Attestation',
  },
)

const pages = ['overview', 'timeline', 'schedule', 'attestation'] as const

/** The way back to the fleet, and between the pages of one box. */
export function BoxTabs({ id }: { id: string }) {
  const say = words()
  const start = `/boxes/${encodeURIComponent(id)}`
  return (
    <>
      <Link class="breadcrumb" to="/">
        ← {pageWords().back}
      </Link>
      <nav class="navigation tabs" aria-label={`${say.box} ${id}`}>
        {pages.map((page) => {
          const to = page === 'overview' ? start : `${start}/${page}`
          return (
            <Link key={page} to={to} isCurrent={path.value === to}>
              {say[page]}
            </Link>
          )
        })}
      </nav>
    </>
  )
}
