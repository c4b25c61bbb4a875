import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeDurably } from '@probant/host'
import { Type } from 'typebox'
import type { Configuration } from '../configuration/schema.ts'
import { RestClient } from '../demonstration/rest.ts'
import { ProvisioningError } from '../errors.ts'
import type { AgentIdentity, BoxIdentity, CentreIdentity } from './identities.ts'
import { homePaths, type Layout } from './layout.ts'
import type { StateFile } from './state.ts'

const run = promisify(execFile)
const Code = Type.Object({ code: Type.String() })

interface Enrolled {
  layout: Layout
  configuration: Configuration
  state: StateFile
  centre: CentreIdentity
  box: BoxIdentity
  agent: AgentIdentity
}

/** Makes the centre know the box: its keys, its rhythm. Done once; may be cut off. */
export async function enrol(supervisionApi: string, enrolled: Enrolled): Promise<void> {
  const { layout, configuration, state, centre, box, agent } = enrolled
  if (state.value.enrolled === true) return
  const { everySeconds } = configuration.heads
  const { start, end, timeZone, graceMinutes } = configuration.window
  const client = new RestClient(supervisionApi, centre.supervisionToken)
  const invited = {
    boxId: box.boxId,
    name: state.value.boxName,
    schedule: {
      heads: everySeconds === null ? null : { everySeconds },
      window: { start, end },
      timeZone,
      graceMinutes,
    },
  }
  if (configuration.attestation === undefined) {
    const { origin, journalKey } = box
    const keys = { origin, journalKey, agentKey: agent.sshPublicKey }
    await client.call(Type.Unknown(), 'POST', '/enrolments', { ...invited, ...keys })
  } else {
    const { code } = await client.call(Code, 'POST', '/enrolment-codes', invited)
    const certificates = configuration.attestation.intermediates ?? []
    await enrolByTpm(layout, { supervisionApi, code, journalKey: box.journalKey, certificates })
  }
  await state.update((value) => {
    value.enrolled = true
  })
}

/** By the agent's own command, as on any box: the code goes there in a file. */
async function enrolByTpm(
  { root, home }: Layout,
  given: { supervisionApi: string; code: string; journalKey: string; certificates: string[] },
): Promise<void> {
  const codeFile = join(home, 'enrolment-code')
  await writeDurably(codeFile, given.code, 0o600)
  const words = [
    ...[join(root, 'provisioning/cli/probant.ts'), 'agent', 'enrol'],
    ...['--settings', homePaths(home).settings('agent')],
    ...['--centre', given.supervisionApi, '--code-file', codeFile],
    ...['--journal-key', given.journalKey],
    ...(given.certificates.length === 0 ? [] : ['--certificate', ...given.certificates]),
  ]
  try {
    await run(process.execPath, words)
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    const why = `The box can't be enrolled by the TPM that attestation.tcti names: ${said}`
    throw new ProvisioningError('part-failed', why, error)
  } finally {
    await rm(codeFile, { force: true })
  }
}
