import { Button, messageOf, Notice, post } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { addresses, integrityShape } from './service.ts'
import { words } from './words.ts'

type Check =
  | { kind: 'none' }
  | { kind: 'running' }
  | { kind: 'answered'; isIntact: boolean }
  | { kind: 'failed'; failure: unknown }

/** Has the box recompute the document's digests from what it stores, at once. */
export function IntegrityCheck({ vault, id }: { vault: string; id: string }) {
  const say = words()
  const check = useSignal<Check>({ kind: 'none' })
  const run = async () => {
    check.value = { kind: 'running' }
    try {
      const { intact } = await post(addresses.integrityChecks(vault, id), integrityShape)
      check.value = { kind: 'answered', isIntact: intact }
    } catch (failure) {
      check.value = { kind: 'failed', failure }
    }
  }
  const now = check.value
  return (
    <section class="card" aria-labelledby="integrity">
      <h2 id="integrity">{say.integrityTitle}</h2>
      <p>{say.integrityWords}</p>
      {now.kind === 'answered' && (
        <Notice tone={now.isIntact ? 'good' : 'alert'}>
          {now.isIntact ? say.intact : say.altered}
        </Notice>
      )}
      {now.kind === 'failed' && <Notice tone="alert">{messageOf(now.failure)}</Notice>}
      <Button isBusy={now.kind === 'running'} onClick={() => void run()}>
        {now.kind === 'running' ? say.checking : say.check}
      </Button>
    </section>
  )
}
