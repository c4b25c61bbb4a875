import { signal } from '@preact/signals'
import type { ListPage } from './shape.ts'

/** Pages fetched again on a refresh; what lies further back rarely changes. */
const mostPagesRefreshed = 4

/** A long list read page by page, kept up to date without losing the place of whoever reads it. */
export class PagedList<T extends { id: string } | { seq: number }> {
  /** `undefined` until the first page is there. */
  readonly items = signal<readonly T[] | undefined>(undefined)
  readonly hasMore = signal(false)
  readonly isLoading = signal(false)
  readonly failure = signal<unknown>(undefined)
  readonly #fetchPage: (cursor: string | undefined) => Promise<ListPage<T>>
  #pagesRead = 0
  #nextCursor: string | undefined
  /** Something has changed since the last reading began. */
  #isStale = false

  constructor(fetchPage: (cursor: string | undefined) => Promise<ListPage<T>>) {
    this.#fetchPage = fetchPage
  }

  /**
   * Reads what is shown once more (the first page, to begin with). Asked for while something is being read, it follows
   * that: what is being read may be older than the change to be shown.
   */
  async refresh(): Promise<void> {
    this.#isStale = true
    while (this.#isStale && !this.isLoading.peek()) {
      this.#isStale = false
      await this.#readAgain()
    }
  }

  async #readAgain(): Promise<void> {
    const pages = Math.min(Math.max(this.#pagesRead, 1), mostPagesRefreshed)
    await this.#load(async () => {
      let fresh: T[] = []
      let cursor: string | undefined
      for (let read = 0; read < pages; read += 1) {
        const page = await this.#fetchPage(cursor)
        fresh = [...fresh, ...page.items]
        cursor = page.nextCursor
        if (cursor === undefined) break
      }
      if (this.#pagesRead <= pages) {
        this.#show(fresh, cursor, pages)
        return
      }
      const seen = new Set(fresh.map(idOf))
      this.items.value = [...fresh, ...(this.items.peek() ?? []).filter((i) => !seen.has(idOf(i)))]
    })
  }

  /** Forgets what was read, for the next person at this screen. */
  clear(): void {
    this.items.value = undefined
    this.failure.value = undefined
    this.hasMore.value = false
    this.#nextCursor = undefined
    this.#pagesRead = 0
  }

  async more(): Promise<void> {
    const cursor = this.#nextCursor
    if (cursor === undefined) return
    await this.#load(async () => {
      const page = await this.#fetchPage(cursor)
      const seen = new Set(page.items.map(idOf))
      const earlier = (this.items.peek() ?? []).filter((item) => !seen.has(idOf(item)))
      this.#show([...earlier, ...page.items], page.nextCursor, this.#pagesRead + 1)
    })
    if (this.#isStale) await this.refresh()
  }

  #show(items: readonly T[], nextCursor: string | undefined, pagesRead: number): void {
    this.items.value = items
    this.#nextCursor = nextCursor
    this.hasMore.value = nextCursor !== undefined
    this.#pagesRead = pagesRead
  }

  async #load(task: () => Promise<void>): Promise<void> {
    if (this.isLoading.peek()) return
    this.isLoading.value = true
    try {
      await task()
      this.failure.value = undefined
    } catch (error) {
      this.failure.value = error
    } finally {
      this.isLoading.value = false
    }
  }
}

function idOf(item: { id: string } | { seq: number }): string | number {
  return 'id' in item ? item.id : item.seq
}
