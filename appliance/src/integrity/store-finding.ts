/** What is wrong with a stored object, as the supervision centre calls it. */
export const storeFindingKinds = [
  'integrity-failure-on-box',
  'metadata-altered',
  'unjournalled-object',
  'destroyed-key-revived',
] as const

export type StoreFindingKind = (typeof storeFindingKinds)[number]

export interface StoreFinding {
  readonly kind: StoreFindingKind
  readonly object: string
  readonly seq: number
  readonly what: string
}
