import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import * as tss from '@probant/tpm2-tss-bindings'
import { missingTpmSoftware, SoftwareTpm } from './swtpm.ts'

/** Both directions between this package and tpm2-tools, over one TPM. */
const missing = missingTpmSoftware()
const skip = missing === undefined ? {} : { skip: missing }
const base = t.testdir()
const file = (name: string) => join(base, name)
const software = new SoftwareTpm(file('tpm'))
const pcrs: tss.PcrSelection = { bank: 'sha256', indices: [0, 7, 16] }
const SRK = 0x81000001
const message = Buffer.from('a message')
const nonce = Buffer.from('00112233445566778899aabbccddeeff', 'hex')

function tool(line: string): Promise<string> {
  const [program = '', ...args] = line.split(' ')
  return software.tool(program, ...args.map((arg) => arg.replace(/^@/, `${base}/`)))
}

/** A file in the tools' form: TPM2B_PUBLIC and TPM2B_PRIVATE have their length in front. */
function sized(content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(content.length >> 8, content.length & 0xff), content])
}

async function unsized(name: string): Promise<Uint8Array> {
  const bytes = await readFile(file(name))
  return Uint8Array.from(bytes.subarray(2, 2 + bytes.readUInt16BE(0)))
}

function pem(spki: Uint8Array): string {
  const der = Buffer.from(spki)
  const key = createPublicKey({ key: der, type: 'spki', format: 'der' })
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

function sha256(data: Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest()
}

/** r ‖ s of a DER signature, to give it to tools in the TPM's own form. */
function p1363(der: Uint8Array): Uint8Array {
  const bytes = Buffer.from(der)
  const rLength = bytes[3] ?? 0
  const r = bytes.subarray(4, 4 + rLength)
  const s = bytes.subarray(6 + rLength)
  const padded = (part: Buffer) => Buffer.concat([Buffer.alloc(32), part]).subarray(-32)
  return Buffer.concat([padded(r), padded(s)])
}

await t.test('cross-checks with tpm2-tools', skip, async (t) => {
  await software.start()
  const tpm = new tss.Tpm({ tcti: software.tcti })
  t.teardown(async () => {
    await tpm.close()
    await software.stop()
  })
  const using = <T>(work: (use: tss.Use, storage: tss.LoadedObject) => Promise<T>) =>
    tpm.use(async (use) => {
      const storage = await tss.persistentObject(use, SRK)
      await tss.protect(use, storage)
      return work(use, storage)
    })

  await tpm.use(async (use) => {
    const storage = await tss.createPrimary(use, tss.permanent.owner, tss.storageKey())
    await tss.makePersistent(use, storage, SRK)
  })
  await writeFile(file('message'), message)

  await t.test('they see our storage key, and unseal what we seal', async (t) => {
    const attributes =
      'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt'
    await tool(`tpm2_createprimary -Q -C o -G ecc -g sha256 -a ${attributes} -c @primary.ctx`)
    await tool('tpm2_readpublic -Q -c @primary.ctx -n @primary.name')
    await tool('tpm2_flushcontext -t')
    const name = await using((_, storage) => Promise.resolve(tss.nameOf(storage.publicArea)))
    t.ok((await readFile(file('primary.name'))).equals(name), 'the same primary key')
    const blob = await using(async (use, storage) => {
      const values = await tss.readPcrs(use, pcrs)
      const policy = tss.afterPolicyPcr(tss.NO_POLICY, pcrs, values)
      return tss.seal(use, storage, message, { policy })
    })
    await writeFile(file('sealed.pub'), sized(blob.publicArea))
    await writeFile(file('sealed.priv'), sized(blob.privatePart))
    await tool('tpm2_load -Q -C 0x81000001 -u @sealed.pub -r @sealed.priv -c @sealed.ctx')
    await tool('tpm2_flushcontext -t')
    t.equal(await tool('tpm2_unseal -c @sealed.ctx -p pcr:sha256:0,7,16'), message.toString())
    await tool('tpm2_flushcontext -t')
  })

  await t.test('we unseal what they seal', async (t) => {
    const made = '-u @theirs.pub -r @theirs.priv -i @message'
    await tool(`tpm2_create -Q -C 0x81000001 ${made}`)
    await tool('tpm2_flushcontext -t')
    const publicArea = await unsized('theirs.pub')
    const privatePart = await unsized('theirs.priv')
    const opened = await using(async (use, storage) =>
      tss.unseal(use, await tss.load(use, storage, { publicArea, privatePart })),
    )
    t.ok(message.equals(opened))
  })

  await t.test('they verify what we sign, we load and verify theirs', async (t) => {
    const { signature, publicArea } = await using(async (use, storage) => {
      const key = await tss.load(use, storage, await tss.create(use, storage, tss.signingKey()))
      return { ...key, signature: await tss.signDigest(use, key, sha256(message)) }
    })
    await writeFile(file('key.pem'), pem(tss.spkiOf(publicArea)))
    await writeFile(file('signature'), signature)
    await tool('tpm2_loadexternal -Q -C n -G ecc -u @key.pem -c @key.ctx')
    const check = '-g sha256 -m @message -s @signature -f ecdsa'
    await tool(`tpm2_verifysignature -Q -c @key.ctx ${check}`)
    await tool('tpm2_flushcontext -t')
    await writeFile(file('message.changed'), 'another message')
    const changed = `tpm2_verifysignature -Q -c @key.ctx ${check.replace('@message', '@message.changed')}`
    await t.rejects(tool(changed))
    await tool('tpm2_flushcontext -t')
    const kind = '-G ecc:ecdsa-sha256 -a fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
    await tool(`tpm2_create -Q -C 0x81000001 ${kind} -u @signer.pub -r @signer.priv`)
    await tool('tpm2_flushcontext -t')
    await tool('tpm2_load -Q -C 0x81000001 -u @signer.pub -r @signer.priv -c @signer.ctx')
    await tool('tpm2_sign -Q -c @signer.ctx -g sha256 -f plain -o @theirs.signature @message')
    await tool('tpm2_flushcontext -t')
    const theirs = await unsized('signer.pub')
    const key = pem(tss.spkiOf(theirs))
    t.ok(verify('sha256', message, key, await readFile(file('theirs.signature'))))
  })

  await t.test('they check our quote, we read theirs', async (t) => {
    const { statement, signature, publicArea } = await using(async (use) => {
      const key = await tss.attestationKey(use)
      return { ...(await tss.quote(use, key, pcrs, nonce)), publicArea: key.publicArea }
    })
    await writeFile(file('ak.pem'), pem(tss.spkiOf(publicArea)))
    await writeFile(file('quote'), statement)
    await writeFile(file('quote.sig'), tss.signatureOf(p1363(signature)))
    await tool('tpm2_pcrread -Q -o @quote.pcrs sha256:0,7,16')
    const quoted = `-g sha256 -m @quote -s @quote.sig -q ${nonce.toString('hex')}`
    await tool(`tpm2_checkquote -Q -u @ak.pem ${quoted}`)
    const other = quoted.replace('00112233', '00112234')
    await t.rejects(tool(`tpm2_checkquote -Q -u @ak.pem ${other}`))
    const kind = '-G ecc:ecdsa-sha256:null'
    const attributes = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign'
    await tool(`tpm2_createprimary -Q -C e ${kind} -a ${attributes} -c @ak.ctx`)
    const asked = `-l sha256:0,7,16 -q ${nonce.toString('hex')} -g sha256`
    await tool(`tpm2_quote -Q -c @ak.ctx ${asked} -m @theirs.quote -s @theirs.sig`)
    await tool('tpm2_flushcontext -t')
    const theirs = tss.readAttest(await readFile(file('theirs.quote')))
    t.match(theirs.attested, { kind: 'quote', pcrs: [pcrs] })
    t.ok(nonce.equals(theirs.extraData))
    const der = tss.derOfSignature(await readFile(file('theirs.sig')))
    const key = pem(tss.spkiOf(publicArea))
    t.ok(verify('sha256', await readFile(file('theirs.quote')), key, der), 'the same key')
  })

  await t.test('policies, PCRs and counters agree', async (t) => {
    await tool(`tpm2_pcrextend 16:sha256=${'ab'.repeat(32)}`)
    await tool('tpm2_pcrread -Q -o @pcrs sha256:0,7,16')
    const values = await using((use) => tss.readPcrs(use, pcrs))
    t.ok((await readFile(file('pcrs'))).equals(Buffer.concat(values)))
    await tool('tpm2_startauthsession -S @trial.ctx')
    await tool('tpm2_policypcr -Q -S @trial.ctx -l sha256:0,7,16 -L @pcr.policy')
    await tool('tpm2_flushcontext @trial.ctx')
    const policy = tss.afterPolicyPcr(tss.NO_POLICY, pcrs, values)
    t.ok((await readFile(file('pcr.policy'))).equals(policy))
    await using((use) => tss.defineNv(use, 0x01500020, 'counter'))
    await tool('tpm2_nvincrement -C 0x01500020 0x01500020')
    const counter = await using(async (use) =>
      tss.incrementNv(use, await tss.findNv(use, 0x01500020)),
    )
    await tool('tpm2_nvread -C 0x01500020 -o @counter 0x01500020')
    t.equal((await readFile(file('counter'))).readBigUInt64BE(), counter)
  })

  await t.test('credentials pass both ways', async (t) => {
    const { area, ak } = await using(async (use) => ({
      area: (await tss.endorsementKey(use, 'rsa-2048')).publicArea,
      ak: await tss.attestationKey(use),
    }))
    const name = tss.nameOf(ak.publicArea)
    await writeFile(file('ek.pub'), sized(area))
    const hex = Buffer.from(name).toString('hex')
    await tool(`tpm2_makecredential -Q -u @ek.pub -s @message -n ${hex} -o @credential`)
    // the tools' file: magic, version, then TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET
    const bytes = await readFile(file('credential'))
    const blobEnd = 10 + bytes.readUInt16BE(8)
    const blob = Uint8Array.from(bytes.subarray(10, blobEnd))
    const secret = Uint8Array.from(bytes.subarray(blobEnd + 2))
    const activated = await using(async (use) => {
      const key = await tss.attestationKey(use)
      const endorsement = await tss.endorsementKey(use, 'rsa-2048')
      return tss.activateCredential(use, key, endorsement, { blob, secret })
    })
    t.ok(message.equals(activated))
    const ours = await using(async (use) => {
      const endorsement = await tss.endorsementKey(use, 'rsa-2048')
      return tss.makeCredential(use, endorsement, message, name)
    })
    const head = bytes.subarray(0, 8)
    const whole = Buffer.concat([head, sized(ours.blob), sized(ours.secret)])
    await writeFile(file('ours.credential'), whole)
    await tool('tpm2_createek -Q -G rsa -c @ek.ctx')
    await tool('tpm2_flushcontext -t')
    await tool('tpm2_startauthsession --policy-session -S @session.ctx')
    await tool('tpm2_policysecret -Q -S @session.ctx -c e')
    const keys = '-c @ak.ctx -C @ek.ctx -P session:@session.ctx'
    await tool(
      `tpm2_activatecredential -Q ${keys} -i @ours.credential -o @activated`.replace(
        'session:@',
        `session:${base}/`,
      ),
    )
    t.ok(message.equals(await readFile(file('activated'))))
  })
})
