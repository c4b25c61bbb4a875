import {
  address,
  Button,
  Field,
  Form,
  formatNumber,
  post,
  toast,
  useSubmission,
  type Shaped,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { begunApp, madeCodes, removeWith, type Account } from './account.ts'
import { PasswordDialog } from './password-dialog.tsx'
import { QrCode } from './qr-code.tsx'
import { words } from './words.ts'

interface AppProps {
  factors: Account['factors']
  onDone: () => Promise<void>
}

/** The authenticator app, and the codes on paper that stand in for it. */
export function AuthenticatorApp({ factors, onDone }: AppProps) {
  const say = words()
  const asked = useSignal<'add' | 'remove' | 'codes' | undefined>(undefined)
  const begun = useSignal<Shaped<typeof begunApp> | undefined>(undefined)
  const codes = useSignal<readonly string[] | undefined>(undefined)
  const acts = {
    add: async (password: string) => {
      begun.value = await post(address`/second-factors/app`, begunApp, { password })
    },
    remove: async (password: string) => {
      await removeWith(address`/second-factors/app`, password)
      toast(words().appRemoved)
      await onDone()
    },
    codes: async (password: string) => {
      const path = address`/second-factors/recovery-codes`
      codes.value = (await post(path, madeCodes, { password })).recoveryCodes
      await onDone()
    },
  }
  const titles = { add: say.appAdd, remove: say.appRemove, codes: say.codesNew }
  const hasAny = factors.app || factors.passkeys > 0
  return (
    <section class="card" aria-live="polite">
      <h2>{say.appTitle}</h2>
      {begun.value === undefined && <p>{factors.app ? say.appSet : say.appNone}</p>}
      {begun.value && (
        <ConfirmApp
          begun={begun.value}
          onConfirmed={async (made) => {
            begun.value = undefined
            codes.value = made
            await onDone()
          }}
        />
      )}
      {codes.value && (
        <RecoveryCodes codes={codes.value} onKept={() => (codes.value = undefined)} />
      )}
      {codes.value === undefined && begun.value === undefined && (
        <>
          {hasAny && <p>{say.codesLeft(formatNumber(factors.recoveryCodesLeft))}</p>}
          <div class="actions">
            {!factors.app && (
              <Button look="primary" onClick={() => (asked.value = 'add')}>
                {say.appAdd}
              </Button>
            )}
            {hasAny && <Button onClick={() => (asked.value = 'codes')}>{say.codesNew}</Button>}
            {factors.app && (
              <Button onClick={() => (asked.value = 'remove')}>{say.appRemove}</Button>
            )}
          </div>
        </>
      )}
      {asked.value && (
        <PasswordDialog
          title={titles[asked.value]}
          act={titles[asked.value]}
          onSubmit={acts[asked.value]}
          onClose={() => (asked.value = undefined)}
        />
      )}
    </section>
  )
}

function ConfirmApp(props: {
  begun: Shaped<typeof begunApp>
  onConfirmed: (codes: readonly string[]) => Promise<void>
}) {
  const say = words()
  const submission = useSubmission()
  const code = useSignal('')
  const confirm = async () => {
    const path = address`/second-factors/app/confirmation`
    const { recoveryCodes } = await post(path, madeCodes, { code: code.value.replace(/\s/g, '') })
    await props.onConfirmed(recoveryCodes)
  }
  const { secret, uri } = props.begun
  return (
    <>
      <p>{say.scan}</p>
      <QrCode text={uri} label={say.picture} />
      <p>
        {say.key} <code>{secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <Form submission={submission} act={say.confirm} onSubmit={confirm}>
        <Field label={say.code} value={code} autocomplete="one-time-code" isRequired isFocused />
      </Form>
    </>
  )
}

function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const say = words()
  return (
    <>
      <h3>{say.codesTitle}</h3>
      <p>{say.codesOnce}</p>
      <ul class="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div class="actions">
        <Button look="primary" onClick={onKept}>
          {say.codesKept}
        </Button>
        <Button onClick={() => print()}>{say.codesPrint}</Button>
      </div>
    </>
  )
}
