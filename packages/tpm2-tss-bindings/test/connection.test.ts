import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import * as tss from '@probant/tpm2-tss-bindings'
import { fails } from './fails.ts'
import { missingTpmSoftware, SoftwareTpm } from './swtpm.ts'

const base = t.testdir()
const missing = missingTpmSoftware()
const skip = missing === undefined ? {} : { skip: missing }
const own = new URL('../src/index.ts', import.meta.url).href

let started = 0

async function softwareTpm(t: Test): Promise<SoftwareTpm> {
  const software = new SoftwareTpm(join(base, `tpm-${++started}`))
  await software.start()
  t.teardown(() => software.stop())
  return software
}

async function signOnce(tpm: tss.Tpm): Promise<void> {
  await tpm.use(async (use) => {
    const storage = await tss.createPrimary(use, tss.permanent.owner, tss.storageKey())
    await tss.protect(use, storage)
    const key = await tss.load(use, storage, await tss.create(use, storage, tss.signingKey()))
    await tss.signDigest(use, key, new Uint8Array(32))
    const session = await tss.startSession(use, 'policy', storage)
    await tss.policyPcr(use, session, { bank: 'sha256', indices: [7] })
  })
}

await t.test('whatever fails, every handle is flushed', skip, async (t) => {
  const software = await softwareTpm(t)
  const tpm = new tss.Tpm({ tcti: software.tcti, access: 'shared' })
  for (let round = 0; round < 12; round++) {
    const failing = tpm.use(async (use) => {
      const storage = await tss.createPrimary(use, tss.permanent.owner, tss.storageKey())
      await tss.startSession(use, 'hmac', storage)
      await tss.findNv(use, 0x01500099)
    })
    await fails(t, 'not-found', failing)
  }
  await signOnce(tpm)
  await tpm.close()
  t.equal(await software.tool('tpm2_getcap', 'handles-transient'), '')
  t.equal(await software.tool('tpm2_getcap', 'handles-loaded-session'), '')
})

await t.test('what a killed process left is flushed', skip, async (t) => {
  const software = await softwareTpm(t)
  const source = `
    import * as tss from ${JSON.stringify(own)}
    const tpm = new tss.Tpm({ tcti: ${JSON.stringify(software.tcti)} })
    await tpm.use(async (use) => {
      const storage = await tss.createPrimary(use, tss.permanent.owner, tss.storageKey())
      await tss.startSession(use, 'hmac', storage)
      console.log('loaded')
      await new Promise((resolve) => setTimeout(resolve, 60000))
    })`
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', source])
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  t.not(await software.tool('tpm2_getcap', 'handles-transient'), '', 'three fill the TPM')
  const tpm = new tss.Tpm({ tcti: software.tcti })
  await signOnce(tpm)
  await tpm.close()
})

await t.test('uses and commands wait for each other', skip, async (t) => {
  const software = await softwareTpm(t)
  const tpms = [1, 2].map(() => new tss.Tpm({ tcti: software.tcti }))
  const order: string[] = []
  const uses = [0, 1, 2, 3, 4, 5].map(async (n) =>
    tpms[n % 2]?.use(async (use) => {
      order.push(`${n % 2} begins`)
      const several = [8, 40, 16].map((count) => tss.randomBytes(use, count))
      t.strictSame(
        (await Promise.all(several)).map((bytes) => bytes.length),
        [8, 40, 16],
      )
      order.push(`${n % 2} ends`)
    }),
  )
  await Promise.all(uses)
  for (const own of ['0', '1']) {
    const steps = order.filter((step) => step.startsWith(own)).map((step) => step.slice(2))
    t.strictSame(steps, ['begins', 'ends', 'begins', 'ends', 'begins', 'ends'])
  }
  let outlived: tss.Use | undefined
  await tpms[0]?.use((use) => {
    outlived = use
    return Promise.resolve()
  })
  if (outlived !== undefined) await fails(t, 'closed', tss.randomBytes(outlived, 1))
  for (const tpm of tpms) await tpm.close()
  for (const tpm of tpms) await fails(t, 'closed', signOnce(tpm))
})

await t.test('the event loop goes on while the TPM computes', skip, async (t) => {
  const software = await softwareTpm(t)
  const tpm = new tss.Tpm({ tcti: software.tcti })
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 2)
  const before = performance.now()
  // an RSA key takes a TPM long to make
  await tpm.use((use) => tss.endorsementKey(use, 'rsa-2048'))
  const took = performance.now() - before
  clearInterval(timer)
  t.ok(longest < took / 2, `the loop stood still ${longest} ms of ${took}`)
  await tpm.close()
})

await t.test('a connection that breaks is made anew', skip, async (t) => {
  const software = await softwareTpm(t)
  for (const access of ['shared', 'exclusive'] as const) {
    const tpm = new tss.Tpm({ tcti: software.tcti, access })
    await signOnce(tpm)
    const cut = tpm.use(async (use) => {
      await tss.randomBytes(use, 8)
      await software.stop()
      await tss.randomBytes(use, 8)
    })
    const sentence = await fails(t, 'no-connection', cut)
    t.match(sentence, /GetRandom failed: .*tcti/)
    const absent = await fails(t, 'no-connection', signOnce(tpm))
    t.match(absent, /can't be reached by swtpm:.*may this user open it/)
    await software.start()
    await signOnce(tpm)
    await tpm.close()
  }
  const unknown = new tss.Tpm({ tcti: 'nonsense:1' })
  await fails(t, 'no-connection', signOnce(unknown))
})

setFlagsFromString('--expose-gc')
const collect = (): unknown => runInNewContext('gc()')

await t.test('memory does not grow', skip, async (t) => {
  const software = await softwareTpm(t)
  const tpm = new tss.Tpm({ tcti: software.tcti })
  const rounds = async (count: number) => {
    for (let round = 0; round < count; round++) {
      await signOnce(tpm)
      await tpm.use((use) => tss.findNv(use, 0x01500099)).catch(() => undefined)
    }
    collect()
    return process.memoryUsage.rss() / 2 ** 20
  }
  await rounds(150)
  const before = await rounds(100)
  const after = await rounds(250)
  t.ok(after - before < 8, `${before} MiB, then ${after} MiB`)
  await tpm.close()
})

await t.test('without a library the error names the packages', (t) => {
  const folder = '/usr/lib'
  const triplet = readdirSync(folder).find((name) =>
    existsSync(join(folder, name, 'libtss2-esys.so.0')),
  )
  const source = `
    import { Tpm } from ${JSON.stringify(own)}
    const tpm = new Tpm({ tcti: 'device:/dev/none' })
    await tpm.use(() => undefined).catch((e) => console.log(e.code, e.fault, e.message))`
  const library = join(folder, triplet ?? '', 'libtss2-esys.so.0')
  const hide = triplet === undefined ? '' : `mount --bind /dev/null ${library} &&`
  const script = `${hide} exec "$0" --input-type=module -e "$1"`
  const isolated = ['--mount', '--map-root-user', 'sh', '-c', script, process.execPath, source]
  let said: string
  try {
    said = execFileSync('unshare', isolated, { encoding: 'utf8' })
  } catch {
    t.comment('skipped: this machine makes no mount namespaces')
    t.end()
    return
  }
  t.match(
    said,
    /^libraries-missing fatal libtss2-esys\.so\.0 can't be loaded: install .*3\.0\.2-0t64/,
  )
  t.end()
})
