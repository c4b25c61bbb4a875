/** What decides whose turn it is. */
interface InTurn {
  readonly contactId: string
  readonly standsInFor: string | null
  readonly verified: object | null
  readonly broken: object | null
}

/**
 * Of contacts and those that stand in for them, who is told at once: of each row the first that is verified, and the next as well for
 * as long as one can't be reached, so that it is tried again and nobody waits for that.
 */
export function recipients<Told extends InTurn>(contacts: readonly Told[]): Told[] {
  const standIns = new Map(contacts.map((contact) => [contact.standsInFor, contact]))
  return contacts
    .filter(({ standsInFor }) => standsInFor === null)
    .flatMap((first) => {
      const told: Told[] = []
      let next: Told | undefined = first
      for (; next !== undefined; next = standIns.get(next.contactId)) {
        if (next.verified === null) continue
        told.push(next)
        if (next.broken === null) break
      }
      return told
    })
}

/** Who is told when a contact does not take a message. */
export function standInOf<Told extends InTurn>(
  contacts: readonly Told[],
  contactId: string,
): Told | undefined {
  const next = contacts.find(({ standsInFor }) => standsInFor === contactId)
  return next?.verified === null ? standInOf(contacts, next.contactId) : next
}
