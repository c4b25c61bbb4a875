import type { Waiting } from '../attack.ts'

/** What can't be carried out because the function that it attacks, or the machine that it needs, is not there yet. */
export const waiting: readonly Waiting[] = [
  {
    id: '17b',
    attack: 'the full-text index altered in the database',
    waitsFor: 'the full-text index',
  },
  {
    id: '18',
    attack: 'retention or hold changed in the database, then destroyed',
    waitsFor: 'retention, holds and destruction',
  },
  {
    id: '21b',
    attack: 'a person “erased” without the erasure trace',
    waitsFor: 'erasure requests',
  },
  {
    id: '22',
    attack: 'a destroyed object’s data key put back from a backup',
    waitsFor: 'destruction',
  },
  {
    id: '26',
    attack: 'the disk stolen and read elsewhere, or booted in another machine',
    waitsFor: 'the image, whose test boots a machine with a TPM',
  },
  { id: '27', attack: 'the board or the TPM exchanged', waitsFor: 'the image’s test' },
  {
    id: '28',
    attack: 'an altered kernel, initrd or unit file booted',
    waitsFor: 'the image’s test',
  },
]
