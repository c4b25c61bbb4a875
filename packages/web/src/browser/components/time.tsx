import { formatDateTime, formatUtc } from '../format.ts'

/** An instant in local time; pointing at it shows it in UTC, as proofs write it. */
export function Time({ iso, withSeconds = false }: { iso: string; withSeconds?: boolean }) {
  return (
    <time dateTime={iso} title={formatUtc(iso)}>
      {formatDateTime(iso, withSeconds)}
    </time>
  )
}
