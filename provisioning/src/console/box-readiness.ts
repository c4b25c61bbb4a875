import { Type } from 'typebox'
import { Value } from 'typebox/value'

const readiness = Type.Object({ missing: Type.Optional(Type.Array(Type.String())) })

/**
 * What a person is told when the box runs but refuses its work, such as over a journal that was rolled
 * back. Nothing when all is well.
 */
export async function whatKeepsBoxFromWork(administration: string): Promise<string[]> {
  const answer = await fetch(`${administration}/readyz`).catch(() => undefined)
  if (answer === undefined || answer.ok) return []
  const body: unknown = await answer.json().catch(() => undefined)
  const missing = Value.Check(readiness, body) ? (body.missing ?? []) : []
  return [
    `  ! The box runs but records nothing: ${missing.join('; ') || 'it does not say why'}.`,
    '    docs/administration.md says what this means and what to do; the supervision centre is told all the same.',
  ]
}
