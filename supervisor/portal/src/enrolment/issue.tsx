import { Button, Dialog, Field, Form, post, Time, useSubmission } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { ScheduleInputs } from '../schedules/fields.tsx'
import { fieldsOf, scheduleOf } from '../schedules/schedule.ts'
import type { Issued } from './codes.ts'
import { codeAddresses, issuedShape } from './codes.ts'
import { words } from './words.ts'

/** What an operator allows to be enrolled. */
export function IssueCode({ onIssued }: { onIssued: (issued: Issued) => void }) {
  const say = words()
  const submission = useSubmission()
  const boxId = useSignal('')
  const name = useSignal('')
  const minutes = useSignal('60')
  const schedule = useMemo(() => fieldsOf(), [])
  const issue = async () => {
    const box = boxId.value.trim()
    const issued = await post(codeAddresses.issue, issuedShape, {
      boxId: box,
      name: name.value.trim(),
      schedule: scheduleOf(schedule),
      validMinutes: Number(minutes.value),
    })
    boxId.value = ''
    name.value = ''
    onIssued({ ...issued, box })
  }
  return (
    <Form submission={submission} act={say.issue} onSubmit={issue}>
      <Field label={say.boxId} value={boxId} hint={say.boxIdHint} isRequired />
      <Field label={say.name} value={name} hint={say.nameHint} isRequired />
      <Field label={say.minutes} kind="number" min={1} max={10_080} value={minutes} isRequired />
      <details>
        <summary>{say.schedule}</summary>
        <ScheduleInputs fields={schedule} />
      </details>
    </Form>
  )
}

/** The code, this once, and what is done with it. */
export function IssuedCode({ issued, onClose }: { issued: Issued; onClose: () => void }) {
  const say = words()
  const centre = `${location.origin}/api/v1`
  return (
    <Dialog title={say.issuedTitle(issued.box)} onClose={onClose}>
      <p>
        <code class="code">{issued.code}</code>
      </p>
      <p>
        <strong>{say.issuedOnce}</strong> {say.validUntil} <Time iso={issued.expiresAt} />.
      </p>
      <h3>{say.steps}</h3>
      <ol>
        <li>
          {say.step1} <code>code.txt</code>
        </li>
        <li>
          {say.step2}
          <br />
          <code>
            npx probant agent enrol --centre {centre} --code-file code.txt --journal-key
            &apos;…&apos;
          </code>
        </li>
        <li>{say.step3Tpm}</li>
        <li>{say.step3Words}</li>
      </ol>
      <div class="actions">
        <Button look="primary" onClick={onClose}>
          {say.done}
        </Button>
      </div>
    </Dialog>
  )
}
