import type { ButtonHTMLAttributes, ComponentChildren } from 'preact'

interface ButtonProps extends ButtonHTMLAttributes {
  look?: 'primary' | 'secondary' | 'quiet'
  type?: 'button' | 'submit'
  /** The act is under way: the button stays focusable but does nothing more. */
  isBusy?: boolean
  children: ComponentChildren
}

/** A button; a page has at most one of the primary look. */
export function Button({
  look = 'secondary',
  type = 'button',
  isBusy = false,
  onClick,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      class={`button button-${look}`}
      aria-disabled={isBusy}
      onClick={(event) => {
        if (isBusy) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {children}
    </button>
  )
}
