import type { Tone } from '@probant/web/browser'
import {
  anything,
  Badge,
  Button,
  get,
  LoadedList,
  messageOf,
  Notice,
  Page,
  PagedList,
  post,
  Table,
  Time,
  toast,
  useSubmission,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { Confirmation } from '../forms/confirmation.tsx'
import { useLive } from '../live.ts'
import { channelName, outcomeName } from '../words.ts'
import { AddContact } from './add.tsx'
import { CodeDialog } from './code-dialog.tsx'
import type { Contact } from './contact.ts'
import { contactAddresses, contactsShape } from './contact.ts'
import { words } from './words.ts'

type Act = 'code' | 'again' | 'remove'

/** Who is told of alerts. */
export function ContactsPage() {
  const say = words()
  const contacts = useMemo(
    () =>
      new PagedList<Contact>(async () => {
        const { items } = await get(contactAddresses.all, contactsShape)
        return { items, nextCursor: undefined }
      }),
    [],
  )
  useLive(contacts)
  const chosen = useSignal<{ act: Act; contact: Contact } | undefined>(undefined)
  const sending = useSubmission()
  const refresh = () => contacts.refresh()
  const choose = (act: Act, contact: Contact) => {
    if (act === 'again')
      sending.run(async () => {
        await post(contactAddresses.verification(contact.id), anything)
        toast(words().sentAgain)
        await refresh()
      })
    else chosen.value = { act, contact }
  }
  const close = () => (chosen.value = undefined)
  const { value } = chosen
  const items = contacts.items.value
  const isNobodyTold = items !== undefined && !items.some(({ state }) => state === 'verified')
  return (
    <Page title={say.title}>
      <p class="soft">{say.hint}</p>
      {isNobodyTold && <Notice tone="warning">{say.nobody}</Notice>}
      {sending.failure.value !== undefined && (
        <Notice tone="alert">{messageOf(sending.failure.value)}</Notice>
      )}
      <section class="card">
        <LoadedList list={contacts} empty={say.none}>
          {(shown) => <Contacts contacts={shown} onAct={choose} />}
        </LoadedList>
      </section>
      <section class="card">
        <h2>{say.addTitle}</h2>
        <AddContact onDone={refresh} />
      </section>
      {value?.act === 'code' && (
        <CodeDialog contact={value.contact} onDone={refresh} onClose={close} />
      )}
      {value?.act === 'remove' && (
        <Confirmation
          title={say.removeOf(value.contact.address ?? '')}
          words={say.removeWords}
          act={say.remove}
          keep={say.keep}
          removes={contactAddresses.of(value.contact.id)}
          onDone={async () => {
            await refresh()
            toast(words().removedNow)
          }}
          onClose={close}
        />
      )}
    </Page>
  )
}

const tones: Readonly<Record<Contact['state'], Tone>> = {
  verified: 'good',
  unverified: 'warning',
  removed: 'neutral',
}

function Contacts(props: {
  contacts: readonly Contact[]
  onAct: (act: Act, contact: Contact) => void
}) {
  const say = words()
  return (
    <Table
      caption={say.caption}
      rows={props.contacts}
      keyOf={({ id }) => id}
      columns={[
        {
          title: say.contact,
          isRowHeader: true,
          cell: ({ address, channel }) => (
            <span>
              {address ?? '—'}
              <br />
              <span class="soft">{channelName(channel)}</span>
            </span>
          ),
        },
        {
          title: say.state,
          cell: ({ state }) => <Badge tone={tones[state]}>{say[state]}</Badge>,
        },
        { title: say.about, cell: ({ boxes }) => boxes?.join(', ') ?? say.everything },
        { title: say.last, cell: (contact) => <LastAttempt contact={contact} /> },
        { title: say.acts, cell: (contact) => <Acts contact={contact} onAct={props.onAct} /> },
      ]}
    />
  )
}

function LastAttempt({ contact: { lastAttempt } }: { contact: Contact }) {
  if (lastAttempt === undefined) return <>{words().never}</>
  const { at, outcome, reply } = lastAttempt
  return (
    <span>
      {outcomeName(outcome)} · <Time iso={at} />
      {reply !== undefined && (
        <>
          <br />
          <code>{reply}</code>
        </>
      )}
    </span>
  )
}

function Acts({
  contact,
  onAct,
}: {
  contact: Contact
  onAct: (act: Act, contact: Contact) => void
}) {
  const say = words()
  const address = contact.address ?? ''
  return (
    <span class="actions-inline">
      {contact.state === 'unverified' && (
        <>
          <Button aria-label={say.codeOf(address)} onClick={() => onAct('code', contact)}>
            {say.code}
          </Button>
          <Button aria-label={say.againOf(address)} onClick={() => onAct('again', contact)}>
            {say.again}
          </Button>
        </>
      )}
      <Button aria-label={say.removeOf(address)} onClick={() => onAct('remove', contact)}>
        {say.remove}
      </Button>
    </span>
  )
}
