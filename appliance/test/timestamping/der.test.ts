import { fromBER, Integer, ObjectIdentifier, OctetString, Sequence, Set as SetOf } from 'asn1js'
import fc from 'fast-check'
import t from 'tap'
import {
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
} from '../../src/timestamping/der.ts'

await t.test('encodings are those of asn1js', (t) => {
  const same = (ours: Uint8Array, theirs: { toBER(): ArrayBuffer }): boolean =>
    Buffer.from(theirs.toBER()).equals(ours)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70_000 }), (bytes) =>
      same(octetString(bytes), new OctetString({ valueHex: bytes })),
    ),
    { examples: [0, 127, 128, 255, 256, 65_535, 65_536].map((size) => [new Uint8Array(size)]) },
  )
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 160n), (value) => {
      const digits = value.toString(16)
      const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
      return same(integer(0, 0, ...bytes), Integer.fromBigInt(value))
    }),
  )
  const arc = fc.nat()
  const oid = fc.tuple(fc.nat(2), fc.nat(39), fc.array(arc, { minLength: 1, maxLength: 8 }))
  fc.assert(
    fc.property(oid, ([a, b, rest]) => {
      const value = [a, b, ...rest].join('.')
      return same(objectIdentifier(value), new ObjectIdentifier({ value }))
    }),
  )
  const inner = octetString(Buffer.from('x'))
  t.ok(same(sequence(inner), new Sequence({ value: [fromBER(inner).result] })))
  t.ok(same(setOf([inner]), new SetOf({ value: [fromBER(inner).result] })))
  t.end()
})

await t.test('a set is in the order of its encodings', (t) => {
  const members = fc.array(fc.uint8Array({ maxLength: 6 }), { maxLength: 6 })
  fc.assert(
    fc.property(members, (values) => {
      const encoded = values.map(octetString)
      return setOf(encoded).equals(setOf(encoded.toReversed()))
    }),
  )
  t.ok(
    setOf([octetString(Buffer.from('b')), octetString(Buffer.from('a'))]).equals(
      Buffer.from('3106040161040162', 'hex'),
    ),
  )
  t.end()
})

await t.test('arcs beyond 64 bits', (t) => {
  // openssl asn1parse -genstr OID:2.25.329800735698586629295641978511506172918
  t.equal(
    objectIdentifier('2.25.329800735698586629295641978511506172918').toString('hex'),
    '06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776',
  )
  t.end()
})
