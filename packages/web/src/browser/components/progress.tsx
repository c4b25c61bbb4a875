import { formatPercent } from '../format.ts'

/** How far something is; without a share, that it is under way. */
export function Progress({ label, share }: { label: string; share?: number }) {
  return (
    <div class="progress">
      <progress aria-label={label} max={1} {...(share !== undefined && { value: share })} />
      {share !== undefined && <span aria-hidden="true">{formatPercent(share)}</span>}
    </div>
  )
}
