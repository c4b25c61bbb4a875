import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import {
  derOfSignature,
  endorsementPolicy,
  externalVerificationKey,
  nameOf,
  readAttest,
  readPublicArea,
  signatureOf,
  signingKey,
  spkiOf,
  Tpm2Error,
} from '@probant/tpm2-tss-bindings'
import { errorOf } from '../src/response-code.ts'
import { selectionOf } from '../src/wire/pcr-selection.ts'

await t.test('response codes become sentences with layer, name and command', (t) => {
  const cases = [
    ['Unseal', 0x99d, 'policy-failed', /the policy is not fulfilled, session 1 \(tpm: POLICY_FAIL/],
    ['Load', 0x1df, 'not-of-this-tpm', /made by another TPM or altered, parameter 1 \(tpm: INTEG/],
    ['NV_ReadPublic', 0x18b, 'not-found', /handle 1 \(tpm: HANDLE, 0x18b\)/],
    ['Unseal', 0x921, 'locked-out', /too many wrong .* \(tpm: LOCKOUT/],
    ['Load', 0x902, 'out-of-memory', /all slots for objects .* OBJECT_MEMORY/],
    ['PolicyNV', 0x126, 'policy-failed', /comparison does not hold \(tpm: POLICY,/],
    ['Sign', 0xa000a, 'no-connection', /\(tcti: IO_ERROR, 0xa000a\)/],
    ['Sign', 0x70018, 'closed', /esapi: BAD_TR/],
    ['Sign', 0x90006, 'bad-value', /mu: INSUFFICIENT_BUFFER/],
    ['Sign', 0xc0922, 'busy', /through the resource manager/],
    ['Sign', 0x550001, 'failed', /layer 85/],
    ['Sign', 0x17e, 'failed', /for a reason that this package has no name for/],
  ] as const
  for (const [command, responseCode, code, message] of cases) {
    const error = errorOf(command, responseCode)
    t.equal(error.code, code)
    t.match(error.message, message)
    t.equal(error.details?.responseCode, responseCode)
    t.equal(error.details?.command, command)
  }
  t.equal(errorOf('Sign', 0x922).fault, 'retryable')
  t.end()
})

await t.test('signatures in the form of the TPM are signatures in DER', (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signs = fc.property(fc.uint8Array(), (message) => {
    const p1363 = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    const der = derOfSignature(signatureOf(p1363))
    return verify('sha256', message, { key: publicKey, dsaEncoding: 'der' }, der)
  })
  fc.assert(signs, { numRuns: 200 })
  const short = Buffer.alloc(64)
  short[31] = 0x80
  t.equal(
    Buffer.from(derOfSignature(signatureOf(short))).toString('hex'),
    '300702020080020100',
    'leading zeros go, a sign byte comes',
  )
  t.throws(() => signatureOf(Buffer.alloc(63)), { code: 'malformed' })
  t.end()
})

await t.test('public keys go in and come out', (t) => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const area = externalVerificationKey(spki)
  t.ok(spki.equals(spkiOf(area)))
  t.ok(createPublicKey({ key: Buffer.from(spkiOf(area)), type: 'spki', format: 'der' }))
  t.equal(nameOf(area).length, 34)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const other = rsa.export({ type: 'spki', format: 'der' })
  t.throws(() => externalVerificationKey(other), { code: 'malformed' })
  t.end()
})

await t.test('templates keep keys inside', (t) => {
  const fixed = 0x32
  t.equal(readPublicArea(signingKey()).attributes & fixed, fixed)
  t.equal(readPublicArea(signingKey({ restricted: true })).attributes & 0x10000, 0x10000)
  t.equal(
    Buffer.from(endorsementPolicy()).toString('hex'),
    // PolicyA as the EK Credential Profile prints it
    '837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa',
  )
  t.end()
})

await t.test('PCR selections are three bytes of bits', (t) => {
  const bytes = selectionOf({ bank: 'sha256', indices: [0, 7, 16, 23] })
  t.equal(Buffer.from(bytes).toString('hex'), '00000001000b03810081')
  for (const indices of [[24], [-1], [1, 1], [2, 1], [0.5]]) {
    t.throws(() => selectionOf({ bank: 'sha256', indices }), { code: 'bad-value' })
  }
  t.end()
})

await t.test('any bytes that are no statement are refused as such', (t) => {
  const refuses = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    try {
      readAttest(bytes)
      return false
    } catch (error) {
      return error instanceof Tpm2Error && error.code === 'malformed'
    }
  })
  fc.assert(refuses)
  t.end()
})
