import t from 'tap'
import {
  parseAuditReceipt,
  parseVkey,
  verifyAuditReceipt,
  verifyNote,
  parseNote,
  formatNote,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { TestCentre } from './support/centre.ts'

void t.test(
  'an honest box: heads are cosigned, traces receipted, nothing is said against it',
  async (t) => {
    const centre = await TestCentre.start(t)
    const followed = await centre.follow('honest')
    const { box } = followed
    box.acts(5)
    const first = await centre.head(followed)
    t.equal(first.status, 200)
    t.equal(first.lines?.length, 2)
    const { witnessKeys, auditKey } = centre.initialised
    const note = parseNote(formatNote(parseNote(box.checkpoint()).text, first.lines ?? []))
    const verified = await verifyNote(
      nodeCrypto,
      note,
      witnessKeys.map((key) => parseVkey(key)),
    )
    t.same(verified.verdict, { status: 'valid' })
    t.same(
      verified.verifiedBy.map(({ type }) => type),
      [4, 6],
    )

    box.acts(3)
    t.equal((await centre.head(followed)).status, 200, 'a head with its proof')
    t.equal((await centre.head(followed)).status, 200, 'the same head again')
    box.seal()
    const [answer] = await centre.ship(followed)
    t.equal(answer?.status, 200)
    const receipt = await verifyAuditReceipt(nodeCrypto, answer?.receipt ?? '', [
      parseVkey(auditKey),
    ])
    t.same(receipt.verdict, { status: 'valid' })
    t.same(parseAuditReceipt(answer?.receipt ?? '').root, box.rootAt(box.size))

    box.acts(2)
    const answers = await centre.ship(followed)
    t.same(
      answers.map(({ status }) => status),
      [200, 200],
      'a challenge, then what is new',
    )
    box.acts(2)
    t.equal((await centre.head(followed)).status, 200)
    t.same(await centre.kinds('honest'), [])
    const { body } = await centre.api('GET', '/boxes/honest')
    t.match(body, {
      state: 'ok',
      openFindings: 0,
      lastHead: { size: 14 },
      lastShipment: { size: 12 },
    })
  },
)
