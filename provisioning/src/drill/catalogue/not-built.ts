import type { Waiting } from '../attack.ts'

const notYet = (id: string, attack: string, waitsFor = 'not built'): Waiting => ({
  id,
  attack,
  waitsFor,
})

/** What the product could be attacked by today, and the drill doesn’t do yet. */
export const notBuilt: readonly Waiting[] = [
  notYet(
    '15b',
    'the key store taken for software',
    'a copy of an installation with keys in hardware',
  ),
  notYet(
    '35',
    'a token for another digest, of an untrusted or expired authority, with a wrong nonce',
  ),
  notYet(
    '40c',
    'both nights of daylight saving',
    'a copy whose night passes faster; moved clocks try them in supervisor/test',
  ),
]
