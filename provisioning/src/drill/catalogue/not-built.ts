import type { Waiting } from '../attack.ts'

const notYet = (id: string, attack: string, waitsFor = 'not built'): Waiting => ({
  id,
  attack,
  waitsFor,
})

/** What the product could be attacked by today, and the drill doesn’t do yet. */
export const notBuilt: readonly Waiting[] = [
  notYet('9', 'the clock set forward an hour, back a day, frozen'),
  notYet(
    '10',
    'journalling stopped (trigger dropped, function swapped, right revoked) while deposits go on',
  ),
  notYet('11', 'the agent turned off; its heads kept flowing, but not its traces'),
  notYet('12', 'tree nodes altered, nothing else'),
  notYet('13', 'the box wiped and initialised again under the same name'),
  notYet('14', 'journal key, SSH key or identity of the box exchanged'),
  notYet('15', 'the format downgraded, or the key store taken for software'),
  notYet('16', 'stored files: a bit flipped, truncated, exchanged, an older version put back'),
  notYet('17', 'metadata altered in the database alone'),
  notYet('19', 'a deposit fabricated straight in the database'),
  notYet('20', 'a refusal removed from the journal'),
  notYet('21', 'a salted commitment’s salt or value altered'),
  notYet('23', 'last week’s disk restored silently'),
  notYet('24', 'the same, then worked on until it is as long as before'),
  notYet('25', 'a clone run beside the original'),
  notYet(
    '29',
    'a hardware signer that signs wrongly, fails, is silent for a minute, loses its key',
  ),
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
