import { fromBase64, toBase64 } from '@probant/evidence'
import { activationProof, type EnrolmentRequest } from '@probant/shipping'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { AgentError, messageOf } from '../errors.ts'
import type { Platform } from './platform.ts'

/** What the centre answers an enrolled box: what its settings have to pin. */
const enrolled = Type.Object({
  witnessKeys: Type.Array(Type.String()),
  auditKey: Type.String(),
  sshHostKey: Type.String(),
  ssh: Type.Object({ host: Type.String(), port: Type.Integer() }),
})
const challenge = Type.Object({ credential: Type.String(), secret: Type.String() })
const problem = Type.Object({ title: Type.String(), detail: Type.Optional(Type.String()) })

export type Enrolled = Static<typeof enrolled>

const ANSWER_MS = 60_000

/** What the box brings besides its TPM. */
export type BoxIdentity = Pick<EnrolmentRequest, 'code' | 'origin' | 'journalKey' | 'agentKey'> & {
  /** Certificates between the TPM's and the maker's root, DER. */
  intermediates: Uint8Array[]
}

/**
 * Enrols this box by a one-time code: its TPM reads what the centre made for it alone.
 * @param centre address of the centre's API, up to `/api/v1`
 * @throws AgentError `tpm`, `refused-by-centre`, `centre-unreachable`, `centre-misbehaved`
 */
export async function enrol(
  centre: string,
  platform: Platform,
  { intermediates, ...box }: BoxIdentity,
): Promise<Enrolled> {
  const identity = await platform.identity()
  const request: EnrolmentRequest = {
    ...box,
    endorsementCertificate: toBase64(identity.endorsementCertificate),
    intermediates: intermediates.map(toBase64),
    attestationKey: toBase64(identity.attestationKey),
  }
  const asked = await ask(`${centre}/enrolments/challenges`, request, challenge)
  const secret = await platform.activate({
    blob: fromBase64(asked.credential),
    secret: fromBase64(asked.secret),
  })
  const proof = activationProof(secret, request)
  return ask(`${centre}/enrolments/activations`, { code: box.code, proof }, enrolled)
}

async function ask<S extends Type.TSchema>(
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
