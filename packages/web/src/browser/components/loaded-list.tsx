import type { ComponentChildren } from 'preact'
import { dictionary } from '../dictionary.ts'
import { messageOf } from '../failure.ts'
import type { PagedList } from '../paged-list.ts'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'
import { Progress } from './progress.tsx'

const words = dictionary(
  { loading: 'Chargement', more: 'Afficher la suite', retry: 'Réessayer' },
  { loading: 'Loading', more: 'Load more', retry: 'Try again' },
)

interface LoadedListProps<T extends { id: string } | { seq: number }> {
  list: PagedList<T>
  empty: ComponentChildren
  children: (items: readonly T[]) => ComponentChildren
}

/** A list with all that can happen to it: not there yet, failed, empty, or longer than what is shown. */
export function LoadedList<T extends { id: string } | { seq: number }>({
  list,
  empty,
  children,
}: LoadedListProps<T>) {
  const say = words()
  const items = list.items.value
  const failure = list.failure.value
  return (
    <div aria-busy={items === undefined && list.isLoading.value}>
      {failure !== undefined && (
        <Notice tone="alert">
          <p>{messageOf(failure)}</p>
          <Button onClick={() => void list.refresh()}>{say.retry}</Button>
        </Notice>
      )}
      {items === undefined && failure === undefined && <Progress label={say.loading} />}
      {items?.length === 0 && <div class="empty">{empty}</div>}
      {items !== undefined && items.length > 0 && children(items)}
      {list.hasMore.value && (
        <p class="more">
          <Button isBusy={list.isLoading.value} onClick={() => void list.more()}>
            {say.more}
          </Button>
        </p>
      )}
    </div>
  )
}
