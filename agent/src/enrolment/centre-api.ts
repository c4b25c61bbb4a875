import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { AgentError, messageOf } from '../errors.ts'

/** What the centre answers an enrolled box: what its settings have to pin. */
export const enrolled = Type.Object({
  witnessKeys: Type.Array(Type.String()),
  auditKey: Type.String(),
  sshHostKey: Type.String(),
  ssh: Type.Object({ host: Type.String(), port: Type.Integer() }),
})
export type Enrolled = Static<typeof enrolled>

const problem = Type.Object({ title: Type.String(), detail: Type.Optional(Type.String()) })

const ANSWER_MS = 60_000

/**
 * One call of the centre's API, which answers 201 with what the schema says.
 * @throws AgentError `refused-by-centre`, `centre-unreachable`, `centre-misbehaved`
 */
export async function ask<S extends Type.TSchema>(
  url: string,
  body: object,
  schema: S,
): Promise<Static<S>> {
  const { status, value } = await post(url, body)
  if (status === 201 && Value.Check(schema, value)) return value
  if (!Value.Check(problem, value))
    throw new AgentError('centre-misbehaved', `${url} answered ${status}`)
  const { title, detail } = value
  throw new AgentError('refused-by-centre', detail === undefined ? title : `${title} ${detail}`)
}

async function post(url: string, body: object): Promise<{ status: number; value: unknown }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    return { status: response.status, value: await response.json() }
  } catch (error) {
    throw new AgentError('centre-unreachable', `${url}: ${messageOf(error)}`, error)
  }
}
