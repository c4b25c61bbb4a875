import type { Shaped } from '@probant/web/browser'
import {
  address,
  anything,
  Badge,
  Button,
  Field,
  Form,
  formatUtc,
  get,
  Link,
  LoadedList,
  Page,
  PagedList,
  pageOf,
  post,
  record,
  Table,
  text,
  Time,
  toast,
  useSubmission,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { Confirmation } from '../forms/confirmation.tsx'
import { useLive } from '../live.ts'
import { withCursor } from '../service.ts'
import { words } from './words.ts'

const shape = record({ id: text, box: text, startsAt: text, endsAt: text, reason: text })
type Maintenance = Shaped<typeof shape>
const page = pageOf(shape)

/** Times in which boxes may be silent: announced, and called off. */
export function MaintenancePage() {
  const say = words()
  const windows = useMemo(
    () =>
      new PagedList<Maintenance>((cursor) =>
        get(withCursor(address`/maintenance-windows`, cursor), page),
      ),
    [],
  )
  useLive(windows)
  const chosen = useSignal<Maintenance | undefined>(undefined)
  const { value } = chosen
  return (
    <Page title={say.title}>
      <p class="soft">{say.hint}</p>
      <section class="card">
        <h2>{say.announceTitle}</h2>
        <Announce onDone={() => windows.refresh()} />
      </section>
      <section class="card">
        <LoadedList list={windows} empty={say.none}>
          {(items) => <Windows windows={items} onCancel={(one) => (chosen.value = one)} />}
        </LoadedList>
      </section>
      {value && (
        <Confirmation
          title={say.cancelOf(value.box)}
          words={say.cancelWords}
          act={say.cancel}
          keep={say.keep}
          removes={address`/maintenance-windows/${value.id}`}
          onDone={async () => {
            await windows.refresh()
            toast(words().cancelled)
          }}
          onClose={() => (chosen.value = undefined)}
        />
      )}
    </Page>
  )
}

function Announce({ onDone }: { onDone: () => Promise<void> }) {
  const say = words()
  const submission = useSubmission()
  const box = useSignal('')
  const starts = useSignal('')
  const ends = useSignal('')
  const reason = useSignal('')
  const announce = async () => {
    await post(address`/maintenance-windows`, anything, {
      box: box.value.trim(),
      startsAt: instantOf(starts.value),
      endsAt: instantOf(ends.value),
      reason: reason.value.trim(),
    })
    for (const field of [box, starts, ends, reason]) field.value = ''
    toast(words().announced)
    await onDone()
  }
  return (
    <Form submission={submission} act={say.announce} onSubmit={announce}>
      <Field label={say.box} value={box} hint={say.boxHint} isRequired />
      <div class="row">
        <Field
          label={say.starts}
          kind="datetime-local"
          value={starts}
          hint={inUtc(starts.value)}
          isRequired
        />
        <Field
          label={say.ends}
          kind="datetime-local"
          value={ends}
          hint={inUtc(ends.value)}
          isRequired
        />
      </div>
      <Field label={say.reason} value={reason} hint={say.reasonHint} isRequired />
    </Form>
  )
}

/** What a field holds is the reader's time. */
function instantOf(local: string): string {
  return new Date(local).toISOString()
}

function inUtc(local: string): string {
  return local === '' ? words().timeHint : formatUtc(instantOf(local))
}

function Windows(props: {
  windows: readonly Maintenance[]
  onCancel: (maintenance: Maintenance) => void
}) {
  const say = words()
  return (
    <Table
      caption={say.caption}
      rows={props.windows}
      keyOf={({ id }) => id}
      columns={[
        {
          title: say.box,
          isRowHeader: true,
          cell: ({ box }) => <Link to={`/boxes/${encodeURIComponent(box)}/timeline`}>{box}</Link>,
        },
        { title: say.state, cell: (one) => <Badge tone="neutral">{say[stateOf(one)]}</Badge> },
        { title: say.starts, cell: ({ startsAt }) => <Time iso={startsAt} /> },
        { title: say.ends, cell: ({ endsAt }) => <Time iso={endsAt} /> },
        { title: say.reason, cell: ({ reason }) => reason },
        {
          title: say.cancel,
          cell: (one) =>
            stateOf(one) !== 'over' && (
              <Button aria-label={say.cancelOf(one.box)} onClick={() => props.onCancel(one)}>
                {say.cancel}
              </Button>
            ),
        },
      ]}
    />
  )
}

function stateOf({ startsAt, endsAt }: Maintenance): 'planned' | 'running' | 'over' {
  const nowMs = performance.timeOrigin + performance.now()
  if (new Date(endsAt).getTime() <= nowMs) return 'over'
  return new Date(startsAt).getTime() <= nowMs ? 'running' : 'planned'
}
