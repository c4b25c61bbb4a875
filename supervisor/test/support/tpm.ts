import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromBase64, toBase64, toHex } from '@probant/evidence'
import {
  activationProof,
  type ActivationChallenge,
  type Attestation,
  type AttestationRequest,
  type EnrolmentRequest,
  type EventLog,
} from '@probant/shipping'
import * as tss from '@probant/tpm2-tss-bindings'
import type { Test } from 'tap'
import { Type } from 'typebox'
import { missingTpmSoftware, SoftwareTpm } from '../../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { read } from './shapes.ts'
import { enrolmentOf, type Followed, type TestCentre } from './centre.ts'
import { newAgentKey } from './agent.ts'
import { TestBox } from './box.ts'

const missing = missingTpmSoftware()
/** Options of a test that needs a software TPM. */
export const needsTpm = missing === undefined ? {} : { skip: missing }

const CodeShape = Type.Object({ code: Type.String(), expiresAt: Type.String() })
const ChallengeShape = Type.Object({ credential: Type.String(), secret: Type.String() })

/** A box's TPM with its maker, and the box's part of enrolment and attestation, without the agent's code. */
export class TestTpm {
  readonly software: SoftwareTpm
  readonly tpm: tss.Tpm
  /** PEM file of the maker's certificate. */
  readonly maker: string

  private constructor(software: SoftwareTpm, maker: string) {
    this.software = software
    this.maker = maker
    this.tpm = new tss.Tpm({ tcti: software.tcti })
  }

  static async start(t: Test): Promise<TestTpm> {
    const folder = await mkdtemp(join(tmpdir(), 'probant-tpm-'))
    const software = new SoftwareTpm(folder)
    const maker = await software.manufacture()
    await software.start()
    const made = new TestTpm(software, maker)
    t.teardown(async () => {
      await made.tpm.close()
      await software.stop()
      await rm(folder, { recursive: true })
    })
    return made
  }

  makersCertificate(): Promise<Buffer> {
    return readFile(this.maker)
  }

  /** What the box asks with; `change` is what an attacker would. */
  async request(
    code: string,
    { box, key }: Followed,
    change: Partial<EnrolmentRequest> = {},
  ): Promise<EnrolmentRequest> {
    const { certificate, publicArea } = await this.tpm.use(async (use) => ({
      certificate: await tss.endorsementCertificate(use, 'rsa-2048'),
      publicArea: (await tss.attestationKey(use)).publicArea,
    }))
    return {
      code,
      origin: box.origin,
      journalKey: box.vkey,
      agentKey: key.blob,
      endorsementCertificate: toBase64(new Uint8Array(new X509Certificate(certificate).raw)),
      intermediates: [],
      attestationKey: toBase64(publicArea),
      ...change,
    }
  }

  /** The secret that was made for this TPM. @throws Tpm2Error when it was made for another */
  read({ credential, secret }: ActivationChallenge): Promise<Uint8Array> {
    return this.tpm.use(async (use) => {
      const endorsement = await tss.endorsementKey(use, 'rsa-2048')
      await tss.protect(use, endorsement)
      const key = await tss.attestationKey(use)
      const made = { blob: fromBase64(credential), secret: fromBase64(secret) }
      return tss.activateCredential(use, key, endorsement, made)
    })
  }

  async attest(
    { nonce, pcrs }: AttestationRequest,
    eventLog: EventLog = { state: 'absent' },
  ): Promise<Attestation> {
    return this.tpm.use(async (use) => {
      const selection = { bank: 'sha256', indices: pcrs } as const
      const key = await tss.attestationKey(use)
      const values = await tss.readPcrs(use, selection)
      const quoted = await tss.quote(use, key, selection, Buffer.from(nonce, 'hex'))
      return {
        attestationKey: toBase64(key.publicArea),
        statement: toBase64(quoted.statement),
        signature: toBase64(quoted.signature),
        values: values.map(toHex),
        eventLog,
      }
    })
  }

  extend(index: number, digest: Uint8Array): Promise<void> {
    return this.tpm.use((use) => tss.extendPcr(use, index, 'sha256', digest))
  }
}

/** A box that is to be enrolled, its code asked for. */
export async function invited(
  centre: TestCentre,
  boxId: string,
  validMinutes = 60,
): Promise<Followed & { code: string }> {
  const box = new TestBox(boxId)
  const key = newAgentKey()
  const { name, schedule } = enrolmentOf(box, key)
  const body = { boxId, name, schedule, validMinutes }
  const answer = await centre.api('POST', '/enrolment-codes', body)
  return { box, key, code: read(CodeShape, answer.body).code }
}

/** The box's second call, after the TPM read what came. */
export async function activate(
  centre: TestCentre,
  tpm: TestTpm,
  request: EnrolmentRequest,
): ReturnType<TestCentre['api']> {
  const asked = await centre.api('POST', '/enrolments/challenges', request, {})
  if (asked.status !== 201) return asked
  const secret = await tpm.read(read(ChallengeShape, asked.body))
  const proof = activationProof(secret, request)
  return centre.api('POST', '/enrolments/activations', { code: request.code, proof }, {})
}

/** A box enrolled by its TPM. */
export async function followedByTpm(
  centre: TestCentre,
  tpm: TestTpm,
  boxId: string,
): Promise<Followed> {
  const { code, ...followed } = await invited(centre, boxId)
  const { status, body } = await activate(centre, tpm, await tpm.request(code, followed))
  if (status !== 201) throw new Error(JSON.stringify(body))
  return followed
}
