import type { Shaped, Tone } from '@probant/web/browser'
import {
  address,
  Badge,
  Button,
  Dialog,
  Field,
  Form,
  formatNumber,
  list,
  number,
  oneOf,
  optional,
  Page,
  post,
  record,
  Table,
  text,
  Time,
  toast,
  useSubmission,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useBoxName } from '../box-name.ts'
import { BoxTabs } from '../box-tabs.tsx'
import { Loading, useLoaded } from '../loaded.tsx'
import { words } from './words.ts'

const attestationShape = record({
  at: text,
  outcome: oneOf('expected', 'approved', 'mismatch', 'missing'),
  resetCount: optional(number),
  pcrsSha256: optional(text),
})
type Attestation = Shaped<typeof attestationShape>
const attestationsShape = record({ items: list(attestationShape) })
const approvalsShape = record({ approvals: number, needed: number })

/** What a box's TPM stated, and how other values are taken on oneself. */
export function AttestationPage({ id }: { id: string }) {
  const say = words()
  const name = useBoxName(id)
  const attestations = useLoaded(address`/boxes/${id}/attestations`, attestationsShape)
  const chosen = useSignal<string | undefined>(undefined)
  return (
    <>
      <BoxTabs id={id} />
      <Page title={say.title(name)}>
        <p class="soft">{say.hint}</p>
        <section class="card">
          <Loading of={attestations}>
            {({ items }) =>
              items.length === 0 ? (
                <div class="empty">{say.none}</div>
              ) : (
                <Attestations items={items} onApprove={(values) => (chosen.value = values)} />
              )
            }
          </Loading>
        </section>
        {chosen.value !== undefined && (
          <Approve box={id} values={chosen.value} onClose={() => (chosen.value = undefined)} />
        )}
      </Page>
    </>
  )
}

const tones: Readonly<Record<Attestation['outcome'], Tone>> = {
  expected: 'good',
  approved: 'good',
  mismatch: 'alert',
  missing: 'warning',
}

function Attestations(props: {
  items: readonly Attestation[]
  onApprove: (values: string) => void
}) {
  const say = words()
  return (
    <Table
      caption={say.caption}
      rows={props.items}
      keyOf={({ at }) => at}
      columns={[
        { title: say.when, isRowHeader: true, cell: ({ at }) => <Time iso={at} withSeconds /> },
        {
          title: say.outcome,
          cell: ({ outcome }) => <Badge tone={tones[outcome]}>{say[outcome]}</Badge>,
        },
        {
          title: say.resets,
          isNumeric: true,
          cell: ({ resetCount }) => (resetCount === undefined ? '—' : formatNumber(resetCount)),
        },
        { title: say.values, cell: ({ pcrsSha256 }) => <code>{pcrsSha256 ?? '—'}</code> },
        {
          title: say.acts,
          cell: ({ outcome, pcrsSha256 }) =>
            outcome === 'mismatch' &&
            pcrsSha256 !== undefined && (
              <Button onClick={() => props.onApprove(pcrsSha256)}>{say.approve}</Button>
            ),
        },
      ]}
    />
  )
}

function Approve(props: { box: string; values: string; onClose: () => void }) {
  const say = words()
  const submission = useSubmission()
  const reason = useSignal('')
  const approve = async () => {
    const { approvals, needed } = await post(
      address`/boxes/${props.box}/attestation-approvals`,
      approvalsShape,
      { pcrsSha256: props.values, reason: reason.value.trim() },
    )
    toast(words().approvedOf(formatNumber(approvals), formatNumber(needed)))
    props.onClose()
  }
  return (
    <Dialog title={say.approveTitle} onClose={props.onClose}>
      <p>
        <code>{props.values}</code>
      </p>
      <p>{say.approveWords}</p>
      <Form submission={submission} act={say.approve} onSubmit={approve} onCancel={props.onClose}>
        <Field
          label={say.reason}
          kind="multiline"
          value={reason}
          hint={say.reasonHint}
          isRequired
        />
      </Form>
    </Dialog>
  )
}
