import { Type } from 'typebox'
import type { Configuration } from '../configuration/schema.ts'
import { RestClient } from '../demonstration/rest.ts'
import type { AgentIdentity, BoxIdentity, CentreIdentity } from './identities.ts'
import type { StateFile } from './state.ts'

/** Makes the centre know the box: its keys, its rhythm, whom to alert. Done once. */
export async function enrol(
  supervisionApi: string,
  given: {
    configuration: Configuration
    state: StateFile
    centre: CentreIdentity
    box: BoxIdentity
    agent: AgentIdentity
  },
): Promise<void> {
  const { configuration, state, centre, box, agent } = given
  if (state.value.enrolled === true) return
  await new RestClient(supervisionApi, centre.adminToken).call(
    Type.Unknown(),
    'POST',
    '/enrolments',
    {
      boxId: box.boxId,
      name: state.value.boxName,
      origin: box.origin,
      journalKey: box.journalKey,
      sshPublicKey: agent.sshPublicKey,
      heads: configuration.heads,
      window: configuration.window,
      contacts: [configuration.centre.contact],
    },
  )
  await state.update((value) => {
    value.enrolled = true
  })
}
