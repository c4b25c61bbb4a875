/** Something that the centre keeps and that is not what it was when it was kept. */
export interface Difference {
  /** The origin, or the box whose finding it belongs to. */
  readonly place: string
  /** First trace concerned; null where none can be named. */
  readonly seq: number | null
  readonly expected: string
  readonly found: string
}
