import { formatPem, utf8 } from '@probant/evidence'
import { makeAuthority, makeCertificate } from '../../packages/evidence/test/authority.ts'
import { entries, given, stranger, trusted, type BundleCase } from './bundle-cases.ts'

const OWN = 'tsa.pem'
const OUTSIDE = 'outside-tsa.pem'

/** Reception tokens under roots that are given as the boxes', as independent of them, as both or as neither. */
export async function* receptionCases(): AsyncGenerator<BundleCase> {
  const root = trusted.get(OWN) ?? utf8('')
  const other = stranger.anchorFiles().get(OWN) ?? utf8('')
  const { root: namesake } = await makeAuthority()
  const forged = utf8(formatPem(namesake.der, 'CERTIFICATE'))
  const { der } = await makeCertificate({ name: 'Test root', authority: true, isStrong: true })
  const strong = utf8(formatPem(der, 'CERTIFICATE'))
  const cases: [string, Uint8Array | null, Uint8Array | null, string, boolean][] = [
    ['the box’s root', root, null, 'valid', false],
    ['the box’s root, another outside', root, other, 'valid', false],
    ['an outside root alone', null, root, 'valid', true],
    ['an outside root beside the box’s', other, root, 'valid', true],
    ['a root in both files', root, root, 'valid', false],
    [
      'a root in both files, beside others',
      concat(other, root),
      concat(root, other),
      'valid',
      false,
    ],
    ['a root in neither file', other, other, 'invalid', false],
    ['another root outside, the box’s not given', null, other, 'cannot-tell', false],
    ['a root of the same name as the box’s', forged, root, 'valid', true],
    ['a root of the same name outside', root, forged, 'valid', false],
    ['roots of the same name', forged, forged, 'invalid', false],
    ['a root of the box’s name that can’t be judged', strong, root, 'valid', false],
    ['a root outside that can’t be judged', forged, strong, 'cannot-tell', false],
    ['no root', null, null, 'cannot-tell', false],
  ]
  for (const [what, own, outside, expected, isTimeIndependent] of cases) {
    const anchors = new Map(trusted)
    for (const [name, bytes] of [
      [OWN, own],
      [OUTSIDE, outside],
    ] as const) {
      anchors.delete(name)
      if (bytes !== null) anchors.set(name, bytes)
    }
    yield given(what, entries, {
      anchors,
      expected,
      ...(expected === 'valid' ? { isTimeIndependent } : {}),
    })
  }
}

const concat = (...parts: readonly Uint8Array[]) => Buffer.concat(parts)
