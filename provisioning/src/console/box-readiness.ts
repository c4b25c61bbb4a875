/** What a person is told when the box runs but refuses its work, such as over a journal that was rolled back. Nothing when all is well. */
export async function whatKeepsBoxFromWork(administration: string): Promise<string[]> {
  const answer = await fetch(`${administration}/readyz`).catch(() => undefined)
  if (answer === undefined || answer.ok) return []
  const { missing = [] } = (await answer.json()) as { missing?: string[] }
  return [
    `  ! The box runs but records nothing: ${missing.join('; ')}.`,
    '    docs/administration.md says what this means and what to do; the supervision centre is told all the same.',
  ]
}
