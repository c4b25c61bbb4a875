import type { Waiting } from '../attack.ts'

const notYet = (id: string, attack: string, waitsFor = 'not built'): Waiting => ({
  id,
  attack,
  waitsFor,
})

/** What the product could be attacked by today, and the drill doesn’t do yet. */
export const notBuilt: readonly Waiting[] = [
  notYet('9', 'the clock set forward an hour, back a day, frozen'),
  notYet('14b', 'the agent’s SSH key exchanged'),
  notYet('11b', 'the agent’s heads kept flowing, but not its traces'),
  notYet('15b', 'the key store taken for software'),
  notYet('29b', 'a hardware signer that signs wrongly, fails, is silent for a minute'),
  notYet(
    '35',
    'a token for another digest, of an untrusted or expired authority, with a wrong nonce',
  ),
  notYet('37', 'two histories of one box cosigned'),
  notYet('38', 'alerts silenced, the mail relay broken, a contact removed'),
  notYet('40', 'the centre’s clock changed, both nights of daylight saving'),
  notYet('42', 'disk full, no inodes, read-only, I/O errors, a slow disk'),
  notYet('44', 'memory pressure'),
]
