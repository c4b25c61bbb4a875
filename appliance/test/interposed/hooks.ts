/** What a deposit, a recovery, a seal or a rotation of keys passes through, in order. */
export type Step =
  | 'stage'
  | 'write'
  | 'token'
  | 'lat-signature'
  | 'file-sync'
  | 'rename'
  | 'folder-sync'
  | 'begin'
  | 'traces'
  | 'rows'
  | 'commit'
  | 'reread'
  | 'checkpoint-signature'
  | 'checkpoint-rows'
  | 'checkpoint-commit'
  | 'receipt'
  | 'epoch'
  | 'staging-removal'
  | 'object-removal'
  | 'seal-traces'
  | 'seal-commit'
  | 'seal-checkpoint'
  | 'key-destruction'

/** Called around each step. What `before` throws fails the step undone, what `after` throws fails it done. */
export interface Hooks {
  before(step: Step): Promise<void>
  after(step: Step): Promise<void>
}

/** Does the work between its two hooks. */
export async function around<T>(hooks: Hooks, step: Step, work: () => Promise<T>): Promise<T> {
  await hooks.before(step)
  const result = await work()
  await hooks.after(step)
  return result
}
