import type { Anchors } from '@probant/evidence'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { staff, createWorld, type Staff, type World } from '../world.ts'
import { depositUntilGone, send, type Acknowledged, type Answers } from './clients.ts'
import { Inspection } from './inspection.ts'
import { rounds, seeded, type Kill, type Round } from './plan.ts'
import { startProcess, type ServiceProcess } from './process.ts'
import { anchorsOf, proveBundle, proveReceipt, type GivenCheckpoint } from './proving.ts'

const CLIENTS = 16
/** Depositors without an answer who ask again after each kill. */
const ASK_AGAIN = 4
/** A planned kill that doesn't come within this time never will: the plan names a step that nothing passes. */
const PATIENCE_MS = 30_000

/** What one round showed. */
export interface RoundReport {
  readonly round: Round
  /** In words; none when the promise was kept. */
  readonly wrong: readonly string[]
  readonly acknowledged: number
}

export interface KillReport {
  readonly kills: number
  readonly deposits: number
  /** What the last look at everything showed. */
  readonly wrong: readonly string[]
}

/**
 * A box whose service is killed at one step after the other while 16 clients deposit. After each kill it is started again by the code that
 * starts normally, and everything that was ever acknowledged is held against what is there.
 * @param seed repeats the choice of moments and passages
 */
export async function surviveKills(
  kills: number,
  seed: number,
  report: (round: RoundReport) => void,
): Promise<KillReport> {
  const world = await createWorld()
  const trial = new Trial(world, await staff(world), seed)
  await world.stop()
  try {
    return await trial.run(rounds(kills, seed), report)
  } finally {
    await trial.close()
    await world.close()
  }
}

/** Looks at many deposits, a few at once. */
async function together(
  deposits: readonly Acknowledged[],
  look: (deposit: Acknowledged) => Promise<string[]>,
): Promise<string[]> {
  const waiting = deposits.values()
  const wrong: string[] = []
  const walk = async () => {
    for (const deposit of waiting) wrong.push(...(await look(deposit)))
  }
  await Promise.all(Array.from({ length: CLIENTS }, walk))
  return wrong
}

class Trial {
  readonly #world: World
  readonly #staff: Staff
  readonly #random: () => number
  readonly #anchors: Anchors
  readonly #inspection: Inspection
  readonly #answers: Answers = { acknowledged: [], unanswered: [], unexpected: [] }
  readonly #given: GivenCheckpoint[] = []
  /** Keys of deposits that were not answered: they may be there, wholly. */
  readonly #mayBe = new Set<string>()
  #proved = 0
  #kills = 0

  constructor(world: World, somebody: Staff, seed: number) {
    this.#world = world
    this.#staff = somebody
    this.#random = seeded(seed)
    this.#anchors = anchorsOf(world)
    this.#inspection = new Inspection(world)
  }

  /** Each start is the recovery from the kill before, and the victim of the next one. */
  async run(planned: readonly Round[], report: (round: RoundReport) => void): Promise<KillReport> {
    let before: { round: Round; wrong: string[]; acknowledged: number } | undefined
    for (const round of planned) {
      const victim = await this.#start(round.underLoad)
      if (before !== undefined)
        report({ ...before, wrong: [...before.wrong, ...(await this.#afterRestart(victim))] })
      before = { round, ...(await this.#round(victim, round)) }
    }
    const last = await this.#start()
    const wrong = await this.#afterRestart(last)
    if (before !== undefined) report({ ...before, wrong: [...before.wrong, ...wrong] })
    return this.#finish(last)
  }

  async #round(victim: ServiceProcess, { underLoad, inRecovery }: Round) {
    const { acknowledged, unexpected } = this.#answers
    if (victim.port === undefined) return { wrong: ['it did not start'], acknowledged: 0 }
    const before = acknowledged.length
    victim.count()
    const load = depositUntilGone(victim.port, this.#staff, CLIENTS, this.#random, this.#answers)
    const wrong = await this.#awaitKill(victim, underLoad)
    await load
    wrong.push(...unexpected.splice(0))
    if (inRecovery !== undefined)
      wrong.push(...(await this.#awaitKill(await this.#start(inRecovery), inRecovery)))
    return { wrong, acknowledged: acknowledged.length - before }
  }

  /** What is there when it has started again, before anything else is done. */
  async #afterRestart({ port }: ServiceProcess): Promise<string[]> {
    const { acknowledged, unanswered, unexpected } = this.#answers
    if (port === undefined) return ['it did not start again']
    for (const { key } of unanswered) this.#mayBe.add(key)
    const wrong = await this.#inspection.halves(acknowledged, this.#mayBe)
    // Who got no answer asks again under the same key: one deposit is kept, whichever of the two requests made it.
    const again = unanswered.splice(0).slice(0, ASK_AGAIN)
    await Promise.all(again.map((deposit) => send(port, this.#staff, deposit, this.#answers)))
    wrong.push(...unexpected.splice(0))
    wrong.push(...(await this.#inspection.halves(acknowledged, this.#mayBe)))
    wrong.push(...(await this.#count(port)))
    const fresh = acknowledged.slice(this.#proved)
    this.#proved = acknowledged.length
    wrong.push(...(await together(fresh, (deposit) => this.#prove(port, deposit))))
    wrong.push(...(await this.#inspection.forks(this.#given)))
    return wrong
  }

  /** Everything once more, every bundle, and a recomputation of the whole box. */
  async #finish(service: ServiceProcess): Promise<KillReport> {
    const { acknowledged } = this.#answers
    const wrong: string[] = []
    const { port } = service
    if (port === undefined) wrong.push('it did not start at last')
    else {
      wrong.push(...(await together(acknowledged, (deposit) => this.#look(port, deposit))))
      wrong.push(...(await this.#listed(port)))
      await service.stop()
    }
    wrong.push(...(await this.#inspection.halves(acknowledged, this.#mayBe)))
    wrong.push(...(await this.#inspection.forks(this.#given)))
    wrong.push(...(await this.#inspection.differences()))
    return { kills: this.#kills, deposits: acknowledged.length, wrong }
  }

  close(): Promise<void> {
    return this.#inspection.close()
  }

  async #start(kill?: Kill): Promise<ServiceProcess> {
    const { settings } = this.#world
    const isSeal = kill?.step.startsWith('seal') === true
    const journal = { ...settings.journal, sealAfterSeconds: isSeal ? 1 : 60 }
    const settingsFile = join(settings.home, 'kill.json')
    await writeFile(settingsFile, JSON.stringify({ ...settings, journal }), { mode: 0o600 })
    const logFile = join(settings.home, 'service.log')
    return startProcess({ settingsFile, logFile, kill })
  }

  async #awaitKill(victim: ServiceProcess, kill: Kill): Promise<string[]> {
    this.#kills += 1
    const end = await Promise.race([victim.ended, delay(PATIENCE_MS, undefined, { ref: false })])
    if (end?.signal === 'SIGKILL') return []
    victim.kill()
    return end === undefined
      ? [`nothing passed ${kill.step} ${kill.call} times`]
      : [`it ended by itself: ${JSON.stringify(end)}`]
  }

  #call(port: number, path: string): Promise<Response> {
    const { vault, token } = this.#staff
    return fetch(`http://127.0.0.1:${port}/api/v1/vaults/${vault}/objects${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
  }

  async #count(port: number): Promise<string[]> {
    const { count } = (await (await this.#call(port, '/count')).json()) as { count: number }
    const kept = await this.#inspection.number('SELECT count(*) AS n FROM vault.objects')
    return count === kept ? [] : [`${count} objects are counted, ${kept} kept`]
  }

  async #listed(port: number): Promise<string[]> {
    const listed = new Set<string>()
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const answer = await this.#call(port, `?limit=200${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const page = (await answer.json()) as { items: { id: string }[]; nextCursor?: string }
      for (const { id } of page.items) listed.add(id)
      cursor = page.nextCursor
    }
    const missing = this.#answers.acknowledged.filter(({ id }) => !listed.has(id))
    return missing.map(({ id }) => `not listed: ${id}`)
  }

  /** Receipt and content of a deposit, right after the kill that it survived. */
  async #prove(port: number, deposit: Acknowledged): Promise<string[]> {
    try {
      this.#given.push(await proveReceipt(this.#anchors, deposit.receipt, deposit))
    } catch (error) {
      return [`receipt of ${deposit.id}: ${String(error)}`]
    }
    return this.#equal(port, deposit)
  }

  async #equal(port: number, { id, sha256 }: Acknowledged): Promise<string[]> {
    const answer = await this.#call(port, `/${id}/content`)
    const read = createHash('sha256')
      .update(await answer.bytes())
      .digest('hex')
    return answer.status === 200 && read === sha256 ? [] : [`read back otherwise: ${id}`]
  }

  async #look(port: number, deposit: Acknowledged): Promise<string[]> {
    const wrong = await this.#equal(port, deposit)
    const answer = await this.#call(port, `/${deposit.id}/proof`)
    try {
      await proveBundle(this.#anchors, await answer.bytes())
    } catch (error) {
      wrong.push(`bundle of ${deposit.id}: ${String(error)}`)
    }
    return wrong
  }
}
