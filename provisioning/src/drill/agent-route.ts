import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { seenByBox, type Observation } from './observation.ts'
import { changeSettings } from './settings.ts'
import type { Specimen } from './specimen.ts'

const agentState = Type.Object({
  findings: Type.Array(
    Type.Object({
      kind: Type.String(),
      seq: Type.Union([Type.Integer(), Type.Null()]),
      expected: Type.String(),
      found: Type.String(),
    }),
  ),
  receipt: Type.Union([Type.Object({ size: Type.Integer() }), Type.Null()]),
})

/** Has the agent of the copy dial another port than its centre's, as whoever holds the cable arranges it. */
export async function routeAgentTo(specimen: Specimen, port: number): Promise<void> {
  await changeSettings(specimen, 'agent', { centre: { port } })
}

/** The agent's own findings, as its status shows them, and the size that its newest receipt covers. */
export async function agentStatus(
  specimen: Specimen,
): Promise<{ seen: readonly Observation[]; receiptSize: number }> {
  const { text } = await specimen.askAgent('GET', '/status')
  const { findings, receipt } = Value.Parse(agentState, JSON.parse(text))
  return { seen: findings.map(seenByBox), receiptSize: receipt?.size ?? 0 }
}
