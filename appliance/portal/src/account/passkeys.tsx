import {
  address,
  anything,
  Button,
  creationOptions,
  Failure,
  Field,
  knowsPasskeys,
  makePasskey,
  post,
  Table,
  Time,
  toast,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { removeWith, type Account } from './account.ts'
import { PasswordDialog } from './password-dialog.tsx'
import { words } from './words.ts'

interface PasskeysProps {
  passkeys: Account['passkeys']
  onDone: () => Promise<void>
}

/** The reader's passkeys: made and removed. */
export function Passkeys({ passkeys, onDone }: PasskeysProps) {
  const say = words()
  const name = useSignal('')
  const isAdding = useSignal(false)
  const removed = useSignal<Account['passkeys'][number] | undefined>(undefined)
  const add = async (password: string) => {
    const options = await post(address`/passkeys/challenges`, creationOptions, { password })
    try {
      const response = await makePasskey(options)
      await post(address`/passkeys`, anything, { label: name.value.trim(), response })
    } catch (error) {
      if (error instanceof Failure && error.kind === 'cancelled') return
      throw error
    }
    name.value = ''
    toast(words().passkeyAdded)
    await onDone()
  }
  const remove = async (id: string, password: string) => {
    await removeWith(address`/passkeys/${id}`, password)
    toast(words().passkeyRemoved)
    await onDone()
  }
  return (
    <section class="card">
      <h2>{say.passkeysTitle}</h2>
      <p>{say.passkeysHint}</p>
      {passkeys.length === 0 ? (
        <p>{say.passkeysNone}</p>
      ) : (
        <List passkeys={passkeys} onRemove={(one) => (removed.value = one)} />
      )}
      {knowsPasskeys() ? (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            isAdding.value = true
          }}
        >
          <Field label={say.passkeyName} hint={say.passkeyNameHint} value={name} isRequired />
          <div class="actions">
            <Button type="submit">{say.passkeyAdd}</Button>
          </div>
        </form>
      ) : (
        <p>{say.passkeysUnknown}</p>
      )}
      {isAdding.value && (
        <PasswordDialog
          title={say.passkeyAdd}
          act={say.passkeyAdd}
          onSubmit={add}
          onClose={() => (isAdding.value = false)}
        />
      )}
      {removed.value && (
        <PasswordDialog
          title={say.passkeyRemoveOf(removed.value.label)}
          act={say.passkeyRemove}
          onSubmit={(password) => remove(removed.value?.id ?? '', password)}
          onClose={() => (removed.value = undefined)}
        />
      )}
    </section>
  )
}

function List(props: {
  passkeys: Account['passkeys']
  onRemove: (passkey: Account['passkeys'][number]) => void
}) {
  const say = words()
  return (
    <Table
      caption={say.passkeysCaption}
      rows={props.passkeys}
      keyOf={({ id }) => id}
      columns={[
        { title: say.passkeyName, isRowHeader: true, cell: ({ label }) => label },
        { title: say.made, cell: ({ createdAt }) => <Time iso={createdAt} /> },
        {
          title: say.used,
          cell: ({ lastUsedAt }) => (lastUsedAt === null ? say.never : <Time iso={lastUsedAt} />),
        },
        {
          title: say.passkeyRemove,
          cell: (one) => (
            <Button
              aria-label={say.passkeyRemoveOf(one.label)}
              onClick={() => {
                props.onRemove(one)
              }}
            >
              {say.passkeyRemove}
            </Button>
          ),
        },
      ]}
    />
  )
}
