/** What an inventory says of one object. */
export interface InventoryLine {
  readonly id: string
  readonly depositedAt: string
  readonly depositor: string
  readonly sizeBytes: number
  readonly files: number
  readonly mediaType: string
  readonly sha256: string
  readonly sha3: string
  readonly state: 'accepted' | 'witnessed' | 'dated'
  /** Undefined for readers who may not see it, and where it was erased. */
  readonly description?: {
    readonly title: string
    readonly fileNames: readonly string[]
    readonly folder: string
    readonly fields: Readonly<Record<string, string>>
  }
}

/** What an inventory is of. */
export interface InventoryHead {
  readonly vault: string
  readonly name: string
  /** RFC 3339, by the box's clock. */
  readonly time: string
  /** Objects deposited among the journal's first so many traces are in it. */
  readonly journalSize: number
  /** Whether what depositors wrote is in it. */
  readonly isDescribed: boolean
}
