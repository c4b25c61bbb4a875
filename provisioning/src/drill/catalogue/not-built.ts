import type { Waiting } from '../attack.ts'

const notYet = (id: string, attack: string, waitsFor = 'not built'): Waiting => ({
  id,
  attack,
  waitsFor,
})

/** What the product could be attacked by today, and the drill doesn’t do yet. */
export const notBuilt: readonly Waiting[] = [
  notYet('9', 'the clock set forward an hour, back a day, frozen'),
  notYet('15b', 'the key store taken for software'),
  notYet('29b', 'a hardware signer that signs wrongly, fails, is silent for a minute'),
  notYet(
    '35',
    'a token for another digest, of an untrusted or expired authority, with a wrong nonce',
  ),
  notYet('40', 'the centre’s clock changed, both nights of daylight saving'),
  notYet('42', 'disk full, no inodes, read-only, I/O errors, a slow disk'),
  notYet('44', 'memory pressure'),
]
