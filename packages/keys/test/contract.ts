import { verify, type KeyObject, createPublicKey } from 'node:crypto'
import type { Test } from 'tap'
import { KeyError, type KeyErrorCode, type KeyKind, type KeyProvider } from '@probant/keys'

/** A provider under test, each time with no keys. */
export interface ProviderUnderTest {
  readonly name: string
  /** Opens the provider on a fresh, empty store. */
  readonly open: () => Promise<KeyProvider>
  /** Opens the same store again, where `capabilities.persistent`. */
  readonly reopen: () => Promise<KeyProvider>
}

/** How a signature of each kind is checked without the code under test. */
function holds(kind: KeyKind, spki: Uint8Array, message: Uint8Array, signature: Uint8Array) {
  const key: KeyObject = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  const digest = kind === 'ec-p256' || kind === 'rsa-3072' ? 'sha256' : null
  return verify(digest, message, { key, dsaEncoding: 'der' }, signature)
}

/** Asserts that the promise is rejected with a KeyError of that code. */
export async function rejectsWith(t: Test, code: KeyErrorCode, promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.ok(error instanceof KeyError, `rejects with a KeyError where ${code} is expected`)
  t.equal(error instanceof KeyError ? error.code : String(error), code)
}

/** What every provider owes its callers, as far as its capabilities declare it. */
export async function providerContract(t: Test, subject: ProviderUnderTest): Promise<void> {
  await t.test(`${subject.name}: signing keys`, (t) => signingKeys(t, subject))
  await t.test(`${subject.name}: labels`, (t) => labels(t, subject))
  await t.test(`${subject.name}: wrapping keys`, (t) => wrappingKeys(t, subject))
  await t.test(`${subject.name}: keys outlive the process`, (t) => persistence(t, subject))
  await t.test(`${subject.name}: random bytes and attestation`, (t) => device(t, subject))
  await t.test(`${subject.name}: destroyed keys`, (t) => destruction(t, subject))
  await t.test(`${subject.name}: closed`, (t) => closed(t, subject))
}

const message = Buffer.from('a message, not a digest')

async function signingKeys(t: Test, { open }: ProviderUnderTest): Promise<void> {
  const provider = await open()
  for (const kind of ['ec-p256', 'rsa-3072', 'ed25519', 'ml-dsa-44'] as const) {
    const label = `signing-${kind}`
    if (!provider.capabilities.kinds.includes(kind)) {
      await rejectsWith(t, 'not-available', provider.generate(label, kind))
      continue
    }
    const ref = await provider.generate(label, kind)
    t.strictSame(ref, { provider: provider.name, label, kind })
    t.strictSame(await provider.find(label), ref)
    const spki = await provider.publicKey(ref)
    t.ok(holds(kind, spki, message, await provider.sign(ref, message)), `${kind} verifies`)
    const empty = new Uint8Array()
    t.ok(holds(kind, spki, empty, await provider.sign(ref, empty)), `${kind} of nothing verifies`)
    const other = await provider.sign(ref, Buffer.from('another message'))
    t.notOk(holds(kind, spki, message, other), `${kind} signs what it is given`)
    const wrong = provider.enclose(ref, message, message)
    await rejectsWith(t, 'wrong-kind', wrong)
    await rejectsWith(t, 'wrong-kind', provider.open(ref, message, message))
    const many = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const text = Buffer.from(`message ${n}`)
        return holds(kind, spki, text, await provider.sign(ref, text))
      }),
    )
    t.notOk(many.includes(false), `${kind} signs concurrently`)
  }
  await provider.close()
}

async function labels(t: Test, { open }: ProviderUnderTest): Promise<void> {
  const provider = await open()
  const kind = provider.capabilities.kinds[0] ?? 'ec-p256'
  t.equal(await provider.find('nobody'), undefined)
  const ref = await provider.generate('journal', kind)
  await rejectsWith(t, 'already-exists', provider.generate('journal', kind))
  t.strictSame(await provider.find('journal'), ref)
  const race = await Promise.allSettled([1, 2, 3].map(() => provider.generate('race', kind)))
  t.equal(race.filter(({ status }) => status === 'fulfilled').length, 1, 'one of several wins')
  for (const label of ['', '../escape', 'a/b', '.hidden', 'Upper', 'é', 'x'.repeat(65), 'a\0b']) {
    await rejectsWith(t, 'invalid-label', provider.generate(label, kind))
    await rejectsWith(t, 'invalid-label', provider.find(label))
  }
  const absent = { ...ref, label: 'absent' }
  await rejectsWith(t, 'not-found', provider.publicKey(absent))
  await rejectsWith(t, 'not-found', provider.sign(absent, message))
  await rejectsWith(t, 'not-found', provider.sign({ ...ref, provider: 'another' }, message))
  const otherKind = kind === 'ed25519' ? 'ec-p256' : 'ed25519'
  await rejectsWith(t, 'wrong-kind', provider.sign({ ...ref, kind: otherKind }, message))
  await provider.close()
}

async function wrappingKeys(t: Test, { open }: ProviderUnderTest): Promise<void> {
  const provider = await open()
  if (provider.capabilities.enclosing === undefined) {
    await rejectsWith(t, 'not-available', provider.generate('root', 'wrapping-aes-256'))
    return provider.close()
  }
  const ref = await provider.generate('root', 'wrapping-aes-256')
  const other = await provider.generate('other-root', 'wrapping-aes-256')
  const data = Buffer.from('vault 1')
  for (const size of [0, 1, 32, 64, 4096]) {
    const plaintext = Buffer.alloc(size, 7)
    const enclosed = await provider.enclose(ref, plaintext, data)
    const opened = await provider.open(ref, enclosed, data)
    t.ok(plaintext.equals(opened), `${size} bytes come back`)
  }
  await rejectsWith(t, 'wrong-size', provider.enclose(ref, Buffer.alloc(4097), data))
  const secret = Buffer.from('thirty-two bytes of secret here!')
  const enclosed = await provider.enclose(ref, secret, data)
  t.notOk(Buffer.from(enclosed).includes(secret), 'the secret is hidden')
  const again = await provider.enclose(ref, secret, data)
  t.notOk(Buffer.from(enclosed).equals(again), 'no two enclosures are equal')
  await rejectsWith(t, 'altered', provider.open(ref, enclosed, Buffer.from('vault 2')))
  await rejectsWith(t, 'altered', provider.open(other, enclosed, data))
  for (let at = 0; at < enclosed.length; at++) {
    const changed = Buffer.from(enclosed)
    changed[at] = (changed[at] ?? 0) ^ 1
    const outcome = provider.open(ref, changed, data)
    const error: unknown = await outcome.catch((reason: unknown) => reason)
    t.ok(error instanceof KeyError && error.code === 'altered', `byte ${at} counts`)
  }
  await rejectsWith(t, 'altered', provider.open(ref, enclosed.slice(0, 12), data))
  await rejectsWith(t, 'altered', provider.open(ref, new Uint8Array(), data))
  await rejectsWith(t, 'wrong-kind', provider.sign(ref, message))
  await rejectsWith(t, 'wrong-kind', provider.publicKey(ref))
  await provider.close()
}

async function persistence(t: Test, { open, reopen }: ProviderUnderTest): Promise<void> {
  const first = await open()
  if (!first.capabilities.persistent) return first.close()
  const made = await Promise.all(
    first.capabilities.kinds.map((kind) => first.generate(`kept-${kind}`, kind)),
  )
  const signing = made.filter(({ kind }) => kind !== 'wrapping-aes-256')
  const spkis = await Promise.all(signing.map((ref) => first.publicKey(ref)))
  await first.close()
  const second = await reopen()
  for (const ref of made) t.strictSame(await second.find(ref.label), ref)
  for (const [n, ref] of signing.entries()) {
    const spki = spkis[n] ?? new Uint8Array()
    t.ok(Buffer.from(spki).equals(await second.publicKey(ref)), `${ref.label} is the same key`)
    t.ok(holds(ref.kind, spki, message, await second.sign(ref, message)))
    await rejectsWith(t, 'already-exists', second.generate(ref.label, ref.kind))
  }
  await second.close()
}

async function destruction(t: Test, { open, reopen }: ProviderUnderTest): Promise<void> {
  const provider = await open()
  const { kinds, enclosing, persistent } = provider.capabilities
  const data = Buffer.from('vault 1')
  for (const kind of kinds) {
    const ref = await provider.generate(`gone-${kind}`, kind)
    const neighbour = await provider.generate(`stays-${kind}`, kind)
    const isWrapping = kind === 'wrapping-aes-256'
    const enclosed = isWrapping ? await provider.enclose(ref, message, data) : message
    const use = (key: typeof ref) =>
      isWrapping ? provider.open(key, enclosed, data) : provider.sign(key, message)
    const otherKind = isWrapping ? 'ec-p256' : 'wrapping-aes-256'
    await rejectsWith(t, 'wrong-kind', provider.destroy({ ...ref, kind: otherKind }))
    await use(ref)
    await provider.destroy(ref)
    await rejectsWith(t, 'not-found', use(ref))
    t.equal(await provider.find(ref.label), undefined)
    await provider.destroy(ref)
    t.strictSame(await provider.find(neighbour.label), neighbour, 'its neighbour stays')
    const again = await provider.generate(ref.label, kind)
    if (isWrapping) await rejectsWith(t, 'altered', use(again))
    await provider.destroy(again)
  }
  t.equal(enclosing === undefined, !kinds.includes('wrapping-aes-256'))
  await provider.close()
  if (!persistent) return
  const later = await reopen()
  for (const kind of kinds) {
    t.equal(await later.find(`gone-${kind}`), undefined, 'gone for good')
    t.ok(await later.find(`stays-${kind}`))
  }
  await later.close()
}

async function device(t: Test, { open }: ProviderUnderTest): Promise<void> {
  const provider = await open()
  t.equal((await provider.random(0)).length, 0)
  const a = Buffer.from(await provider.random(32))
  t.equal(a.length, 32)
  t.notOk(a.equals(await provider.random(32)), 'random bytes differ')
  t.equal((await provider.random(65_536)).length, 65_536)
  for (const n of [-1, 65_537, 1.5, Number.NaN]) {
    await rejectsWith(t, 'wrong-size', provider.random(n))
  }
  const ref = await provider.generate('attested', provider.capabilities.kinds[0] ?? 'ec-p256')
  const statement = await provider.attest(ref)
  t.equal(statement !== undefined, provider.capabilities.attests)
  await provider.close()
}

async function closed(t: Test, { open }: ProviderUnderTest): Promise<void> {
  const provider = await open()
  const kind = provider.capabilities.kinds[0] ?? 'ec-p256'
  const ref = await provider.generate('journal', kind)
  await provider.close()
  await provider.close()
  await rejectsWith(t, 'closed', provider.sign(ref, message))
  await rejectsWith(t, 'closed', provider.publicKey(ref))
  await rejectsWith(t, 'closed', provider.find('journal'))
  await rejectsWith(t, 'closed', provider.generate('late', kind))
  await rejectsWith(t, 'closed', provider.random(1))
}
