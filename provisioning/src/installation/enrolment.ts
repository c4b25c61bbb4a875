import { Type } from 'typebox'
import type { Configuration } from '../configuration/schema.ts'
import { RestClient, wasRefusedWith } from '../demonstration/rest.ts'
import type { AgentIdentity, BoxIdentity, CentreIdentity } from './identities.ts'
import type { StateFile } from './state.ts'

interface Enrolled {
  configuration: Configuration
  state: StateFile
  centre: CentreIdentity
  box: BoxIdentity
  agent: AgentIdentity
}

/** Makes the centre know the box: its keys, its rhythm, whom to alert. Done once; may be cut off. */
export async function enrol(supervisionApi: string, enrolled: Enrolled): Promise<void> {
  const { configuration, state, centre, box, agent } = enrolled
  if (state.value.enrolled === true) return
  const { everySeconds } = configuration.heads
  const { start, end, timeZone, graceMinutes } = configuration.window
  const client = new RestClient(supervisionApi, centre.supervisionToken)
  await client.call(Type.Unknown(), 'POST', '/enrolments', {
    boxId: box.boxId,
    name: state.value.boxName,
    origin: box.origin,
    journalKey: box.journalKey,
    agentKey: agent.sshPublicKey,
    schedule: {
      heads: everySeconds === null ? null : { everySeconds },
      window: { start, end },
      timeZone,
      graceMinutes,
    },
  })
  await client
    .call(Type.Unknown(), 'POST', '/contacts', { email: configuration.centre.contact })
    .catch((error: unknown) => {
      // an earlier start got this far
      if (!wasRefusedWith(error, 409)) throw error
    })
  await state.update((value) => {
    value.enrolled = true
  })
}
