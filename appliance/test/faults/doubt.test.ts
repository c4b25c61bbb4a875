import { UnknownCommitState } from '@probant/postgres'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Step } from '../interposed/hooks.ts'
import { Inspection } from '../kill/inspection.ts'
import { createWorld, form, staff } from '../world.ts'
import { Faults, interposed } from './faults.ts'

const world = await createWorld()
const { vault, token } = await staff(world)
const inspection = new Inspection(world)
t.teardown(async () => {
  await inspection.close()
  await world.close()
})

/** Faults, and a signer of checkpoints that waits to be let on. */
class Held extends Faults {
  #letOn: (() => void) | undefined
  #held: Promise<void> | undefined

  hold(): void {
    this.#held = new Promise((resolve) => (this.#letOn = resolve))
  }

  letOn(): void {
    this.#letOn?.()
    this.#held = undefined
  }

  override async before(step: Step): Promise<void> {
    if (step === 'checkpoint-signature') await this.#held
    await super.before(step)
  }
}

const held = new Held()
await world.restart(await interposed(world, held))

const kept = () => inspection.number('SELECT count(*) AS n FROM vault.objects')

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds()) return
    await delay(25)
  }
  throw new Error('it did not come')
}

async function deposit(content: string) {
  const answer = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form(content),
  })
  const told = (await answer.json()) as { id?: string; type?: string }
  return { status: answer.status, ...told }
}

const stopped = { status: 503, type: 'urn:probant:problem:journal-stopped' }

void t.test('a COMMIT in doubt leaves alone what was committed before it', async (t) => {
  held.hold()
  const first = deposit('waits for the signature')
  await until(async () => (await kept()) === 1)
  const second = deposit('committed, waits behind the first')
  await until(async () => (await kept()) === 2)
  held.failOnce('commit', 'done', new UnknownCommitState(new Error('the connection broke')))
  const third = deposit('committed, and nobody was told')
  t.match(await second, stopped)
  t.match(await third, stopped)
  held.letOn()
  t.equal((await first).status, 201, 'its checkpoint was made')
  t.equal((await inspection.files()).kept.size, 3, 'no committed object lost its file')
  t.equal(world.fatal.length, 1)
  await world.restart(await interposed(world, held))
  const acts = await world.call('GET', `/vaults/${vault}/objects`, { token })
  const { items } = (await acts.json()) as { items: { id: string }[] }
  t.equal(items.length, 3)
  const all = items.map(({ id }) => ({ id, key: '', sha256: '', sizeBytes: 0, receipt: null }))
  t.same(await inspection.halves(all, new Set()), [])
  for (const { id } of items) {
    const read = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
    t.equal(read.status, 200)
  }
  t.same(await inspection.differences(), [])
})

void t.test(
  'what is committed while the journal stops is not left without an answer',
  async (t) => {
    held.hold()
    const first = deposit('a')
    await until(async () => (await kept()) === 4)
    const second = deposit('b')
    await until(async () => (await kept()) === 5)
    held.failOnce('checkpoint-commit', 'done', new UnknownCommitState(new Error('it broke')))
    held.letOn()
    t.match(await first, stopped)
    t.match(await second, stopped)
    t.match(await deposit('c'), stopped)
    await world.restart(await interposed(world, held))
    t.equal(await kept(), 5)
    t.equal((await inspection.files()).kept.size, 5, 'what never got to the database keeps nothing')
    t.same(await inspection.differences(), [])
  },
)
