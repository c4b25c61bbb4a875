import { tmpdir } from 'node:os'
import { compare, isQuick } from './figures.ts'
import { agentKey, ship } from './intake/agents.ts'
import { startCentre } from './intake/centre.ts'
import { readyBoxes, tracesOf, verifyRate, type ReadyBox } from './intake/fleet.ts'
import { startOpenSsh } from './intake/openssh.ts'

/**
 * `intake`: traces per second from SSH to verified, committed and receipted, by the real process of a centre on a database that
 * syncs, against verifying the same traces on one core without any network, file or database, and against OpenSSH moving the same
 * bytes and doing nothing with them. The agents run in the bench's own process, on the same machine, and take their share of it from
 * the product and from OpenSSH's server alike. Traces are sent compressed, as agents do; compressing is done before.
 */
const ONE = { boxes: 1, traces: isQuick ? 2000 : 50_000, rounds: isQuick ? 1 : 5 }
/** A round of a thousand takes minutes. */
const MANY = isQuick
  ? { boxes: 20, traces: 100, rounds: 1 }
  : { boxes: 1000, traces: 200, rounds: 3 }
/** Boxes of which each ships what a night of the fleet's goal brings. */
const NIGHT = { boxes: isQuick ? 2 : 40, traces: 5000, rounds: isQuick ? 1 : 5 }
const FLEET = 10_000
const NIGHT_HOURS = 4
/** OpenSSH's client is a program that has to be started for each connection: so many at once keep both cores busy. */
const CLIENTS_AT_ONCE = 4

const centre = await startCentre(tmpdir())
const openssh = await startOpenSsh(tmpdir())
try {
  await intake(await enrolled({ boxes: 2, traces: 2000 }))
  for (const fleet of [ONE, MANY]) {
    const name = `${fleet.boxes} boxes × ${fleet.traces} traces`
    const unit = 'traces/s'
    const verified = inTurns(fleet)
    await compare(
      { bench: 'intake', case: `${name}, limit verify on one core`, unit },
      async () => intake(await verified()),
      async () => verifyRate(await verified()),
      fleet.rounds,
    )
    if (openssh === undefined) continue
    const moved = inTurns(fleet)
    await compare(
      { bench: 'intake', case: `${name}, limit OpenSSH moving the same bytes`, unit },
      async () => intake(await moved()),
      async () => move(await moved()),
      fleet.rounds,
    )
  }
  const night = inTurns(NIGHT)
  const hours = (rate: number) => (FLEET * NIGHT.traces) / rate / 3600
  const sample = `measured on ${NIGHT.boxes} boxes at once`
  await compare(
    {
      bench: 'intake',
      case: `${FLEET} boxes × ${NIGHT.traces} traces, ${sample}, limit a night of ${NIGHT_HOURS} h`,
      unit: 'h',
    },
    async () => hours(await intake(await night())),
    async () => (await night(), NIGHT_HOURS),
    NIGHT.rounds,
  )
} finally {
  await openssh?.stop()
  await centre.stop()
}
if (openssh === undefined)
  process.stderr.write('without OpenSSH as a limit: sshd is missing (Debian: openssh-server)\n')

/** The same fresh boxes for both sides of one round: what a centre has, it doesn't take again. */
function inTurns(fleet: { boxes: number; traces: number }): () => Promise<ReadyBox[]> {
  let current: Promise<ReadyBox[]> | undefined
  return () => {
    const given = current ?? enrolled(fleet)
    current = current === undefined ? given : undefined
    return given
  }
}

async function enrolled({ boxes, traces }: { boxes: number; traces: number }) {
  const ready = await readyBoxes(boxes, traces)
  for (const { boxId, origin, journalKey } of ready)
    await centre.enrol({ boxId, origin, journalKey, agentKey: agentKey.blob })
  return ready
}

async function intake(boxes: readonly ReadyBox[]): Promise<number> {
  const beganAt = performance.now()
  await ship(centre.sshPort, boxes)
  return (tracesOf(boxes) * 1000) / (performance.now() - beganAt)
}

async function move(boxes: readonly ReadyBox[]): Promise<number> {
  const left = [...boxes]
  const beganAt = performance.now()
  const client = async () => {
    for (let box = left.pop(); box !== undefined; box = left.pop())
      await openssh?.send(box.payloads)
  }
  await Promise.all(Array.from({ length: CLIENTS_AT_ONCE }, client))
  return (tracesOf(boxes) * 1000) / (performance.now() - beganAt)
}
