import { Button, Dialog, Field, Form, language, post, useSubmission } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import type { Code, Confirmed } from './codes.ts'
import { codeAddresses, confirmedShape } from './codes.ts'
import { words } from './words.ts'

/** The words that were heard, and those to be read back. */
export function ConfirmWords({ code, onClose }: { code: Code; onClose: () => void }) {
  const say = words()
  const submission = useSubmission()
  const whole = useSignal('')
  const heard = useSignal('')
  const confirmed = useSignal<Confirmed | undefined>(undefined)
  const confirm = async () => {
    const body = { code: whole.value.trim(), words: heard.value.trim() }
    confirmed.value = await post(codeAddresses.confirm, confirmedShape, body)
  }
  return (
    <Dialog title={say.confirmOf(code.box)} onClose={onClose}>
      {confirmed.value === undefined ? (
        <>
          <p>{say.confirmWords}</p>
          <Form submission={submission} act={say.confirm} onSubmit={confirm} onCancel={onClose}>
            <Field label={say.wholeCode} value={whole} isRequired />
            <Field
              label={say.heard}
              kind="multiline"
              value={heard}
              hint={say.heardHint}
              isRequired
            />
          </Form>
        </>
      ) : (
        <div role="status">
          <p>{say.confirmed(confirmed.value.boxId)}</p>
          <p>{say.readBack}</p>
          <p class="code">{confirmed.value.answer[language.value].join(' ')}</p>
          <div class="actions">
            <Button look="primary" onClick={onClose}>
              {say.close}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  )
}
