import type { ComponentChildren } from 'preact'
import { navigate } from '../router.ts'

interface LinkProps {
  to: string
  class?: string
  /** The page or section being shown. */
  isCurrent?: boolean
  children: ComponentChildren
}

/** A link to another page of the portal. Modified clicks stay the browser's: a new tab works. */
export function Link({ to, isCurrent = false, children, ...rest }: LinkProps) {
  return (
    <a
      {...rest}
      href={to}
      {...(isCurrent && { 'aria-current': 'page' })}
      onClick={(event) => {
        const isModified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
        if (event.button !== 0 || isModified) return
        event.preventDefault()
        navigate(to)
      }}
    >
      {children}
    </a>
  )
}
