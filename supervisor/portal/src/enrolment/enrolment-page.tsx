import type { Tone } from '@probant/web/browser'
import {
  Badge,
  Button,
  formatNumber,
  get,
  LoadedList,
  Page,
  PagedList,
  Table,
  Time,
  toast,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { Confirmation } from '../forms/confirmation.tsx'
import { useLive } from '../live.ts'
import type { Code, Issued } from './codes.ts'
import { codeAddresses, codePage } from './codes.ts'
import { ConfirmWords } from './confirm-words.tsx'
import { IssueCode, IssuedCode } from './issue.tsx'
import { words } from './words.ts'

type Act = 'revoke' | 'confirm'

/** Codes by which boxes enrol themselves. */
export function EnrolmentPage() {
  const say = words()
  const codes = useMemo(
    () => new PagedList<Code>((cursor) => get(codeAddresses.list(cursor), codePage)),
    [],
  )
  useLive(codes)
  const issued = useSignal<Issued | undefined>(undefined)
  const chosen = useSignal<{ act: Act; code: Code } | undefined>(undefined)
  const close = () => {
    chosen.value = undefined
    void codes.refresh()
  }
  const { value } = chosen
  return (
    <Page title={say.title}>
      <p class="soft">{say.hint}</p>
      <section class="card">
        <h2>{say.issueTitle}</h2>
        <IssueCode
          onIssued={(one) => {
            issued.value = one
            void codes.refresh()
          }}
        />
      </section>
      <section class="card">
        <LoadedList list={codes} empty={say.none}>
          {(items) => <Codes codes={items} onAct={(act, code) => (chosen.value = { act, code })} />}
        </LoadedList>
      </section>
      {issued.value && (
        <IssuedCode issued={issued.value} onClose={() => (issued.value = undefined)} />
      )}
      {value?.act === 'confirm' && <ConfirmWords code={value.code} onClose={close} />}
      {value?.act === 'revoke' && (
        <Confirmation
          title={say.revokeOf(value.code.box)}
          words={say.revokeWords}
          act={say.revoke}
          keep={say.keep}
          removes={codeAddresses.of(value.code.id)}
          onDone={async () => {
            await codes.refresh()
            toast(words().revokedNow)
          }}
          onClose={close}
        />
      )}
    </Page>
  )
}

const tones: Readonly<Record<Code['state'], Tone>> = {
  open: 'neutral',
  presented: 'warning',
  used: 'good',
  revoked: 'neutral',
  dead: 'alert',
  expired: 'neutral',
}

function Codes(props: { codes: readonly Code[]; onAct: (act: Act, code: Code) => void }) {
  const say = words()
  return (
    <Table
      caption={say.caption}
      rows={props.codes}
      keyOf={({ id }) => id}
      columns={[
        { title: say.box, isRowHeader: true, cell: ({ box }) => box },
        { title: say.code, cell: ({ id }) => <code>{id}…</code> },
        {
          title: say.state,
          cell: ({ state }) => <Badge tone={tones[state]}>{say[state]}</Badge>,
        },
        { title: say.issuedBy, cell: ({ issuedBy }) => issuedBy },
        { title: say.validUntil, cell: ({ expiresAt }) => <Time iso={expiresAt} /> },
        { title: say.refusals, isNumeric: true, cell: ({ refusals }) => formatNumber(refusals) },
        { title: say.acts, cell: (code) => <Acts code={code} onAct={props.onAct} /> },
      ]}
    />
  )
}

function Acts({ code, onAct }: { code: Code; onAct: (act: Act, code: Code) => void }) {
  const say = words()
  if (code.state !== 'open' && code.state !== 'presented') return null
  return (
    <span class="actions-inline">
      {code.state === 'presented' && (
        <Button aria-label={say.confirmOf(code.box)} onClick={() => onAct('confirm', code)}>
          {say.confirm}
        </Button>
      )}
      <Button aria-label={say.revokeOf(code.box)} onClick={() => onAct('revoke', code)}>
        {say.revoke}
      </Button>
    </span>
  )
}
