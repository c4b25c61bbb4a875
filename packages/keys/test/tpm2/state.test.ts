import { createHash, createPublicKey, verify } from 'node:crypto'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemRandomness } from '@probant/host'
import { KeyError, openProvider, tpm2RaiseVersion, type KeyProvider } from '@probant/keys'
import {
  endorsementCertificate,
  endorsementKey,
  extendPcr,
  readAttest,
  spkiOf,
  Tpm,
} from '@probant/tpm2-tss-bindings'
import { missingTpmSoftware, SoftwareTpm } from '../../../tpm2-tss-bindings/test/swtpm.ts'
import { rejectsWith } from '../contract.ts'
import { providePolicy, stateOf } from './policy.ts'

const missing = missingTpmSoftware()
const skip = missing === undefined ? {} : { skip: missing }
const base = t.testdir()
const message = Buffer.from('a message')
const data = Buffer.from('vault 1')

async function softwareTpm(t: Test, name: string): Promise<SoftwareTpm> {
  const software = new SoftwareTpm(join(base, name))
  await software.start()
  t.teardown(() => software.stop())
  return software
}

function opened(software: SoftwareTpm, folder: string): Promise<KeyProvider> {
  return openProvider({ provider: 'tpm2', folder, tcti: software.tcti }, systemRandomness)
}

/** As an altered boot does. */
async function measure(software: SoftwareTpm, what: string): Promise<void> {
  const tpm = new Tpm({ tcti: software.tcti })
  const digest = createHash('sha256').update(what).digest()
  await tpm.use((use) => extendPcr(use, 16, 'sha256', digest))
  await tpm.close()
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  return error instanceof KeyError ? error.message : String(error)
}

await t.test('a policy that can be renewed', skip, async (t) => {
  const software = await softwareTpm(t, 'renewed')
  const folder = join(base, 'renewed-keys')
  const policy = await providePolicy(folder)
  await policy.approve(await stateOf(software), 1n, 'first')
  const provider = await opened(software, folder)
  t.equal(provider.warning?.includes('boots'), false, 'no warning about a missing policy')
  const journal = await provider.generate('journal', 'ec-p256')
  const vaults = await provider.generate('vaults', 'wrapping-aes-256')
  const enclosed = await provider.enclose(vaults, message, data)
  await provider.close()

  const uses = async () => {
    const again = await opened(software, folder)
    try {
      const spki = Buffer.from(await again.publicKey(journal))
      const key = createPublicKey({ key: spki, type: 'spki', format: 'der' })
      const signature = await again.sign(journal, message)
      t.ok(verify('sha256', message, { key, dsaEncoding: 'der' }, signature))
      t.ok(message.equals(await again.open(vaults, enclosed, data)))
    } finally {
      await again.close()
    }
  }
  await uses()

  await t.test('another boot: nothing signs or opens, the sentence says what to do', async (t) => {
    await measure(software, 'altered')
    const altered = await opened(software, folder)
    await rejectsWith(t, 'wrong-state', altered.sign(journal, message))
    await rejectsWith(t, 'wrong-state', altered.open(vaults, enclosed, data))
    const sentence = await messageOf(altered.sign(journal, message))
    t.match(sentence, /first\.json has another value of PCR 16/)
    t.match(sentence, /probant box tpm-state.*probant box tpm-approve.*altered software/)
    await altered.close()
  })

  await t.test('an approval of the new state opens what was made before', async () => {
    await policy.approve(await stateOf(software), 2n, 'second')
    await uses()
  })

  await t.test('an old approval is void once its version is too low', async (t) => {
    await software.stop()
    await software.start()
    await uses()
    t.equal(await tpm2RaiseVersion(software.tcti, 2n), 2n)
    t.equal(await tpm2RaiseVersion(software.tcti, 1n), 2n, 'it never goes down')
    const old = await opened(software, folder)
    const sentence = await messageOf(old.sign(journal, message))
    t.match(sentence, /first\.json is of version 1, and the TPM asks for 2 at least/)
    await old.close()
    await software.tool('tpm2_nvundefine', '-Q', '-C', 'o', '0x01800100')
    const anew = await opened(software, folder)
    await rejectsWith(t, 'wrong-state', anew.sign(journal, message))
    t.match(await messageOf(anew.sign(journal, message)), /TPM asks for 3 at least/)
    await anew.close()
    await rejectsWith(t, 'refused', tpm2RaiseVersion(software.tcti, 1000n))
  })

  await t.test('forged approvals count for nothing', async (t) => {
    const state = await stateOf(software)
    await policy.approve(state, 5n, 'third')
    await uses()
    const path = join(policy.folder, 'third.json')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"version": "5"', '"version": "6"'))
    const forged = await opened(software, folder)
    // more in one shift than a TPM has room for objects
    const several = Array.from({ length: 5 }, () => forged.sign(journal, message))
    await Promise.all(several.map((signature) => rejectsWith(t, 'wrong-state', signature)))
    t.match(await messageOf(forged.sign(journal, message)), /signature is not valid/)
    await forged.close()
    const another = await providePolicy(folder)
    await another.approve(state, 7n, 'third')
    const foreign = await opened(software, folder)
    await rejectsWith(t, 'wrong-state', foreign.sign(journal, message))
    t.match(await messageOf(foreign.sign(journal, message)), /isn't the policy key that the keys/)
    await foreign.close()
  })
})

await t.test('a copied folder is of no use with another TPM', skip, async (t) => {
  const first = await softwareTpm(t, 'first')
  const second = await softwareTpm(t, 'second')
  const folder = join(base, 'copied-keys')
  const provider = await opened(first, folder)
  const journal = await provider.generate('journal', 'ec-p256')
  const vaults = await provider.generate('vaults', 'wrapping-aes-256')
  const enclosed = await provider.enclose(vaults, message, data)
  await provider.close()
  const copy = join(base, 'copy')
  await cp(folder, copy, { recursive: true })
  await rejectsWith(t, 'wrong-device', opened(second, copy))
  t.match(await messageOf(opened(second, copy)), /made in another TPM, and nothing can be opened/)
  await rm(join(copy, 'storage-root.json'))
  const forced = await opened(second, copy)
  await rejectsWith(t, 'wrong-device', forced.sign(journal, message))
  await rejectsWith(t, 'wrong-device', forced.open(vaults, enclosed, data))
  await forced.close()
  const original = await opened(first, folder)
  t.ok(message.equals(await original.open(vaults, enclosed, data)))
  await original.close()
})

await t.test('a TPM that goes away and comes back', skip, async (t) => {
  const software = await softwareTpm(t, 'interrupted')
  const provider = await opened(software, join(base, 'interrupted-keys'))
  const journal = await provider.generate('journal', 'ec-p256')
  await software.stop()
  const both = [provider.sign(journal, message), provider.sign(journal, message)]
  for (const signature of both) await rejectsWith(t, 'unreachable', signature)
  await software.start()
  t.ok((await provider.sign(journal, message)).length > 60)
  await provider.close()
})

await t.test('attestation', skip, async (t) => {
  const software = new SoftwareTpm(join(base, 'attested'))
  await software.manufacture()
  await software.start()
  t.teardown(() => software.stop())
  const provider = await opened(software, join(base, 'attested-keys'))
  const journal = await provider.generate('journal', 'ec-p256')
  const attestation = await provider.attest(journal)
  t.equal(attestation?.format, 'tpm2-certify/v1')
  const parts: Buffer[] = []
  let rest = Buffer.from(attestation?.statement ?? [])
  while (rest.length > 0) {
    const end = 2 + rest.readUInt16BE(0)
    parts.push(rest.subarray(2, end))
    rest = rest.subarray(end)
  }
  const [statement, signature, keyArea, signerArea] = parts
  if (!statement || !signature || !keyArea || !signerArea) return t.fail('a part is missing')
  t.strictSame(spkiOf(keyArea), await provider.publicKey(journal))
  const signer = Buffer.from(spkiOf(signerArea))
  const key = createPublicKey({ key: signer, type: 'spki', format: 'der' })
  t.ok(verify('sha256', statement, { key, dsaEncoding: 'der' }, signature))
  const name = createHash('sha256').update(keyArea).digest()
  const { attested } = readAttest(statement)
  t.equal(attested.kind, 'certify')
  t.ok(attested.kind === 'certify' && name.equals(attested.name.subarray(2)), 'names that key')
  const tpm = new Tpm({ tcti: software.tcti })
  const certificate = await tpm.use((use) => endorsementCertificate(use, 'rsa-2048'))
  t.strictSame(attestation?.certificates, [certificate])
  await tpm.use((use) => endorsementKey(use, 'rsa-2048'))
  await tpm.close()
  await provider.close()
})
