import { anything, Choice, Field, Form, post, toast, useSubmission } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { contactAddresses } from './contact.ts'
import { channelName } from '../words.ts'
import { words } from './words.ts'

const channels = ['email', 'webhook', 'syslog'] as const
type Channel = (typeof channels)[number]

/** Somebody more to be told of alerts, once they confirmed it. */
export function AddContact({ onDone }: { onDone: () => Promise<void> }) {
  const say = words()
  const submission = useSubmission()
  const channel = useSignal<Channel>('email')
  const typed = useSignal('')
  const boxes = useSignal('')
  const add = async () => {
    const named = boxes.value.split(/[\s,]+/).filter((box) => box !== '')
    await post(contactAddresses.all, anything, {
      [channel.value]: typed.value.trim(),
      ...(named.length > 0 && { boxes: named }),
    })
    typed.value = ''
    boxes.value = ''
    toast(words().added)
    await onDone()
  }
  return (
    <Form submission={submission} act={say.add} onSubmit={add}>
      <div class="field">
        <Choice
          label={say.channel}
          value={channel.value}
          options={channels.map((name) => ({ value: name, label: channelName(name) }))}
          onChoose={(name) => (channel.value = channels.find((one) => one === name) ?? 'email')}
        />
      </div>
      <Field
        label={say[channel.value]}
        kind={channel.value === 'email' ? 'email' : 'text'}
        value={typed}
        {...(channel.value !== 'email' && { hint: say[`${channel.value}Hint`] })}
        isRequired
      />
      <Field label={say.boxes} value={boxes} hint={say.boxesHint} />
    </Form>
  )
}
