import type { ComponentChildren } from 'preact'
import { navigate } from '../router.ts'

/** A link to another page of the portal. Modified clicks stay the browser's: a new tab works. */
export function Link({
  to,
  children,
  ...rest
}: {
  to: string
  class?: string
  children: ComponentChildren
}) {
  return (
    <a
      {...rest}
      href={to}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
          return
        event.preventDefault()
        navigate(to)
      }}
    >
      {children}
    </a>
  )
}
