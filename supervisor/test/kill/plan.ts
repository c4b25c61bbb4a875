/** What a round is about to do when it is killed. */
export type Work = 'intake' | 'finding' | 'deadline'

/** Where a round is killed. */
export type Kill =
  /** Before the centre's first statement that writes to a table. */
  | { readonly at: 'table'; readonly table: string; readonly work: Work }
  /** While the relay has a message and hasn't answered. */
  | { readonly at: 'mail'; readonly work: 'finding' }
  /** At some instant: also between statements, in a signature, behind a commit, before an answer. */
  | { readonly at: 'instant'; readonly delayMs: number; readonly work: Work }
  /** The same, and it is PostgreSQL that is killed. */
  | { readonly at: 'database'; readonly delayMs: number; readonly work: Work }

const written: readonly [Work, readonly string[]][] = [
  [
    'intake',
    [
      'boxes',
      'cosigned_heads',
      'origins',
      'schedules',
      'segments',
      'head_log_queue',
      'head_log_leaves',
    ],
  ],
  ['finding', ['findings', 'alerts', 'alert_findings', 'notifications', 'alert_traces']],
  ['finding', ['alert_journals', 'alert_checkpoints', 'notification_attempts']],
  ['deadline', ['deadlines']],
]

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** So many kills: every table once, a message under way, instants and the database; then all of it again in another order. */
export function planned(kills: number, seed: number): Kill[] {
  const random = seeded(seed)
  const delayMs = () => Math.floor(random() * 400)
  const plan: Kill[] = []
  while (plan.length < kills) {
    const once: Kill[] = written.flatMap(([work, tables]) =>
      tables.map((table): Kill => ({ at: 'table', table, work })),
    )
    once.push({ at: 'mail', work: 'finding' })
    for (const work of ['intake', 'finding'] as const)
      once.push(
        { at: 'instant', delayMs: delayMs(), work },
        { at: 'database', delayMs: delayMs(), work },
      )
    const order = new Map(once.map((kill) => [kill, random()]))
    plan.push(...once.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)))
  }
  return plan.slice(0, kills)
}
