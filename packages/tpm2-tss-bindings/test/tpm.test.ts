import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import * as tss from '@probant/tpm2-tss-bindings'
import type { LoadedObject, PcrSelection, Use } from '@probant/tpm2-tss-bindings'
import { fails } from './fails.ts'
import { missingTpmSoftware, SoftwareTpm } from './swtpm.ts'

const base = t.testdir()
const missing = missingTpmSoftware()
const skip = missing === undefined ? {} : { skip: missing }
const pcrs: PcrSelection = { bank: 'sha256', indices: [7, 16] }

interface World {
  readonly software: SoftwareTpm
  /** The certificate of the authority that certified its endorsement keys. */
  readonly maker: string
  /** Runs with a storage key and a protected use. */
  readonly using: <T>(work: (use: Use, storage: LoadedObject) => Promise<T>) => Promise<T>
  /** The same without protection. */
  readonly usingOpenly: World['using']
}

let worlds = 0

async function world(t: Test, { manufactured = false } = {}): Promise<World> {
  const software = new SoftwareTpm(join(base, `tpm-${++worlds}`))
  const maker = manufactured ? await software.manufacture() : ''
  await software.start()
  const tpm = new tss.Tpm({ tcti: software.tcti })
  t.teardown(async () => {
    await tpm.close()
    await software.stop()
  })
  const usingOpenly: World['using'] = (work) =>
    tpm.use(async (use) =>
      work(use, await tss.createPrimary(use, tss.permanent.owner, tss.storageKey())),
    )
  const using: World['using'] = (work) =>
    usingOpenly(async (use, storage) => {
      await tss.protect(use, storage)
      return work(use, storage)
    })
  return { software, maker, using, usingOpenly }
}

function sha256(data: Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest()
}

function holds(publicArea: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const der = Buffer.from(tss.spkiOf(publicArea))
  const key = createPublicKey({ key: der, type: 'spki', format: 'der' })
  return verify('sha256', message, { key, dsaEncoding: 'der' }, signature)
}

const message = Buffer.from('a message')

await t.test('signing keys', skip, async (t) => {
  const { using } = await world(t)
  const blob = await using((use, storage) => tss.create(use, storage, tss.signingKey()))
  await using(async (use, storage) => {
    const key = await tss.load(use, storage, blob)
    const signature = await tss.signDigest(use, key, sha256(message))
    t.ok(holds(key.publicArea, message, signature))
    t.notOk(holds(key.publicArea, Buffer.from('another'), signature))
    t.strictSame(await tss.readPublic(use, key), key.publicArea)
    const attestation = await tss.create(use, storage, tss.signingKey({ restricted: true }))
    const restricted = await tss.load(use, storage, attestation)
    await fails(t, 'not-of-this-tpm', tss.signDigest(use, restricted, sha256(message)))
  })
  const altered = { ...blob, privatePart: Uint8Array.from(blob.privatePart) }
  altered.privatePart[40] = (altered.privatePart[40] ?? 0) ^ 1
  await fails(
    t,
    'not-of-this-tpm',
    using((use, storage) => tss.load(use, storage, altered)),
  )
})

await t.test('a blob of another TPM', skip, async (t) => {
  const first = await world(t)
  const second = await world(t)
  const blob = await first.using((use, storage) => tss.seal(use, storage, message))
  const elsewhere = second.using((use, storage) => tss.load(use, storage, blob))
  const sentence = await fails(t, 'not-of-this-tpm', elsewhere)
  t.match(sentence, /made by another TPM or altered/)
})

await t.test('sealing', skip, async (t) => {
  const { using } = await world(t)
  const right = Buffer.from('right')
  const open = await using((use, storage) => tss.seal(use, storage, message))
  const closed = await using((use, storage) =>
    tss.seal(use, storage, message, { authorisation: right }),
  )
  await using(async (use, storage) => {
    const free = await tss.load(use, storage, open)
    t.ok(message.equals(await tss.unseal(use, free)))
    await use.flush(free)
    const item = await tss.load(use, storage, closed)
    await use.setAuthorisation(item, Buffer.from('wrong'))
    await fails(t, 'authorisation-failed', tss.unseal(use, item))
    await use.setAuthorisation(item, right)
    t.ok(message.equals(await tss.unseal(use, item)))
    await use.flush(item)
    const most = Buffer.alloc(128, 3)
    const largest = await tss.load(use, storage, await tss.seal(use, storage, most))
    t.ok(most.equals(await tss.unseal(use, largest)), '128 bytes')
    await fails(t, 'bad-value', tss.seal(use, storage, Buffer.alloc(129)))
  })
})

await t.test('PolicyPCR, and PolicyAuthValue with it', skip, async (t) => {
  const { using } = await world(t)
  const right = Buffer.from('right')
  const blob = await using(async (use, storage) => {
    const values = await tss.readPcrs(use, pcrs)
    const policy = tss.afterPolicyAuthValue(tss.afterPolicyPcr(tss.NO_POLICY, pcrs, values))
    const trial = await tss.startSession(use, 'trial')
    await tss.policyPcr(use, trial, pcrs)
    await tss.policyAuthValue(use, trial)
    t.strictSame(await tss.policyDigest(use, trial), Uint8Array.from(policy), 'as the TPM computes')
    return tss.seal(use, storage, message, { policy, authorisation: right })
  })
  const unseal = (value: Uint8Array) =>
    using(async (use, storage) => {
      const item = await tss.load(use, storage, blob)
      await use.setAuthorisation(item, value)
      const session = await tss.startSession(use, 'policy', storage)
      await tss.policyPcr(use, session, pcrs)
      await tss.policyAuthValue(use, session)
      return tss.unseal(use, item, { by: session })
    })
  t.ok(message.equals(await unseal(right)))
  await fails(t, 'authorisation-failed', unseal(Buffer.from('wrong')))
  await using((use) => tss.extendPcr(use, 16, 'sha256', sha256(message)))
  await fails(t, 'policy-failed', unseal(right))
  await using((use) => fails(t, 'bad-value', tss.extendPcr(use, 16, 'sha384', sha256(message))))
})

await t.test('PolicyAuthorize over PolicyNV and PolicyPCR', skip, async (t) => {
  const { using } = await world(t)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const area = tss.externalVerificationKey(publicKey.export({ type: 'spki', format: 'der' }))
  const reference = Buffer.from('probant')
  const index = 0x01500001
  const policy = tss.afterPolicyAuthorize(tss.nameOf(area), reference)
  const setUp = await using(async (use, storage) => {
    await tss.defineNv(use, index, 'data')
    const defined = await tss.findNv(use, index)
    await tss.writeNv(use, defined, tss.counterOperand(5n))
    const written = await tss.findNv(use, index)
    t.notSame(written.name, defined.name, 'writing changes the name')
    const blob = await tss.seal(use, storage, message, { policy })
    return { blob, indexName: written.name }
  })
  const approve = async (atMost: bigint) => {
    const values = await using((use) => tss.readPcrs(use, pcrs))
    const operand = tss.counterOperand(atMost)
    const nv = tss.afterPolicyNv(tss.NO_POLICY, setUp.indexName, 'at-most', operand)
    const digest = tss.afterPolicyPcr(nv, pcrs, values)
    const signed = Buffer.concat([digest, reference])
    const p1363 = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return { digest, reference, signature: tss.signatureOf(p1363), operand }
  }
  type Approval = Awaited<ReturnType<typeof approve>>
  const unseal = (approval: Approval, signer = area) =>
    using(async (use, storage) => {
      const session = await tss.startSession(use, 'policy', storage)
      const found = await tss.findNv(use, index)
      await tss.policyNv(use, session, found, 'at-most', approval.operand)
      await tss.policyPcr(use, session, pcrs)
      const key = await tss.loadExternal(use, signer)
      const signed = Buffer.concat([approval.digest, reference])
      const ticket = await tss.verifySignature(use, key, signed, approval.signature)
      await use.flush(key)
      await tss.policyAuthorize(use, session, approval, tss.nameOf(signer), ticket)
      const item = await tss.load(use, storage, setUp.blob)
      return tss.unseal(use, item, { by: session })
    })
  const first = await approve(5n)
  t.ok(message.equals(await unseal(first)))
  await using((use) => tss.extendPcr(use, 16, 'sha256', sha256(message)))
  await fails(t, 'policy-failed', unseal(first))
  const second = await approve(6n)
  t.ok(message.equals(await unseal(second)), 'a new approval opens what was sealed before')
  const forged = { ...second, signature: first.signature }
  await fails(t, 'invalid-signature', unseal(forged))
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const other = tss.externalVerificationKey(stranger.export({ type: 'spki', format: 'der' }))
  await fails(t, 'invalid-signature', unseal(second, other))
  await using(async (use) => {
    await tss.writeNv(use, await tss.findNv(use, index), tss.counterOperand(7n))
  })
  await fails(t, 'policy-failed', unseal(second))
})

await t.test('counters and data in NV', skip, async (t) => {
  const { using, software } = await world(t)
  await using(async (use) => {
    await fails(t, 'not-found', tss.findNv(use, 0x01500010))
    await tss.defineNv(use, 0x01500010, 'counter')
    await fails(t, 'already-defined', tss.defineNv(use, 0x01500010, 'counter'))
    await fails(t, 'not-found', tss.readCounter(use, await tss.findNv(use, 0x01500010)))
    const counter = await tss.findNv(use, 0x01500010)
    const first = await tss.incrementNv(use, counter)
    t.equal(await tss.incrementNv(use, counter), first + 1n)
    await fails(t, 'bad-value', tss.writeNv(use, counter, Buffer.alloc(8)))
    const content = Buffer.alloc(1300, 'x')
    await tss.defineNv(use, 0x01500011, 'data', content.length)
    await tss.writeNv(use, await tss.findNv(use, 0x01500011), content)
  })
  await software.stop()
  await software.start()
  await using(async (use) => {
    const data = await tss.findNv(use, 0x01500011)
    t.ok(Buffer.alloc(1300, 'x').equals(await tss.readNv(use, data)), 'outlives a power cut')
    const before = await tss.readCounter(use, await tss.findNv(use, 0x01500010))
    await tss.removeNv(use, await tss.findNv(use, 0x01500010))
    await tss.defineNv(use, 0x01500010, 'counter')
    const again = await tss.incrementNv(use, await tss.findNv(use, 0x01500010))
    t.ok(again > before, 'a counter that was removed does not start again')
  })
})

await t.test('quote, certification, clock', skip, async (t) => {
  const { using } = await world(t)
  const nonce = Buffer.from('nonce of the verifier')
  await using(async (use, storage) => {
    const attestationKey = await tss.attestationKey(use)
    const { statement, signature } = await tss.quote(use, attestationKey, pcrs, nonce)
    t.ok(holds(attestationKey.publicArea, statement, signature))
    const quoted = tss.readAttest(statement)
    const values = await tss.readPcrs(use, pcrs)
    t.strictSame(quoted.attested, {
      kind: 'quote',
      pcrs: [pcrs],
      digest: Uint8Array.from(sha256(Buffer.concat(values))),
    })
    t.ok(nonce.equals(quoted.extraData))
    const key = await tss.load(use, storage, await tss.create(use, storage, tss.signingKey()))
    const certified = await tss.certify(use, key, attestationKey, nonce)
    t.ok(holds(attestationKey.publicArea, certified.statement, certified.signature))
    t.match(tss.readAttest(certified.statement).attested, {
      kind: 'certify',
      name: Uint8Array.from(tss.nameOf(key.publicArea)),
    })
    const earlier = await tss.readClock(use)
    const later = await tss.readClock(use)
    t.ok(later.time >= earlier.time)
    t.equal(later.clockInfo.resetCount, quoted.clockInfo.resetCount)
  })
})

await t.test('endorsement: certificates and credentials', skip, async (t) => {
  const bare = await world(t)
  await bare.using((use) => fails(t, 'not-found', tss.endorsementCertificate(use, 'rsa-2048')))
  const { using, usingOpenly, maker } = await world(t, { manufactured: true })
  await using(async (use) => {
    const certificate = new X509Certificate(await tss.endorsementCertificate(use, 'rsa-2048'))
    t.ok(certificate.checkIssued(new X509Certificate(await readFile(maker))))
    const { publicArea } = await tss.endorsementKey(use, 'rsa-2048')
    const modulus = Buffer.from(tss.modulusOf(publicArea)).toString('base64url')
    t.equal(certificate.publicKey.export({ format: 'jwk' })['n'], modulus)
  })
  for (const kind of ['rsa-2048', 'ec-p256'] as const) {
    const credential = await using(async (use, storage) => {
      const key = await tss.load(use, storage, await tss.create(use, storage, tss.signingKey()))
      const endorsement = await tss.endorsementKey(use, kind)
      const name = tss.nameOf(key.publicArea)
      const made = await tss.makeCredential(use, endorsement, message, name)
      const activate = (from: tss.Credential) => tss.activateCredential(use, key, endorsement, from)
      t.ok(message.equals(await activate(made)), `${kind} activates`)
      const altered = { ...made, blob: Uint8Array.from(made.blob) }
      altered.blob[10] = (altered.blob[10] ?? 0) ^ 1
      await fails(t, 'not-of-this-tpm', activate(altered))
      return made
    })
    await using(async (use, storage) => {
      const other = await tss.load(use, storage, await tss.create(use, storage, tss.signingKey()))
      const endorsement = await tss.endorsementKey(use, kind)
      const wrong = tss.activateCredential(use, other, endorsement, credential)
      await fails(t, 'not-of-this-tpm', wrong)
    })
    await usingOpenly(async (use, storage) => {
      const key = await tss.load(use, storage, await tss.create(use, storage, tss.signingKey()))
      const endorsement = await tss.endorsementKey(use, kind)
      const made = await tss.makeCredential(use, endorsement, message, tss.nameOf(key.publicArea))
      const read = await tss.activateCredential(use, key, endorsement, made)
      t.ok(message.equals(read), `${kind} activates in an unprotected use`)
    })
  }
})

await t.test('persistent keys are recognised by their name', skip, async (t) => {
  const { using } = await world(t)
  const name = await using(async (use, storage) => {
    await tss.makePersistent(use, storage, 0x81000001)
    return tss.nameOf(storage.publicArea)
  })
  await using(async (use) => {
    const found = await tss.persistentObject(use, 0x81000001, name)
    await tss.protect(use, found)
    t.equal((await tss.randomBytes(use, 100)).length, 100)
    const other = Uint8Array.from(name)
    other[5] = (other[5] ?? 0) ^ 1
    await fails(t, 'not-trusted', tss.persistentObject(use, 0x81000001, other))
    await tss.removePersistent(use, 0x81000001)
    await fails(t, 'not-found', tss.persistentObject(use, 0x81000001, name))
  })
})

await t.test('dictionary attacks', skip, async (t) => {
  const { using } = await world(t)
  const before = await using((use) => tss.dictionaryAttackStatus(use))
  t.match(before, { inLockout: false, failures: 0 })
  t.ok(before.maxFailures > 0 && before.intervalSeconds > 0)
  await using((use) => tss.resetDictionaryAttack(use))
})
