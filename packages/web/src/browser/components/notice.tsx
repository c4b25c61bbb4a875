import type { ComponentChildren } from 'preact'

export type Tone = 'neutral' | 'good' | 'warning' | 'alert'

/** A message inside the page. Alerts are read out at once by assistive technology. */
export function Notice({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <div class={`notice tone-${tone}`} role={tone === 'alert' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}

/** A state in one or two words; the words say it, the colour only repeats it. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`badge tone-${tone}`}>{children}</span>
}
