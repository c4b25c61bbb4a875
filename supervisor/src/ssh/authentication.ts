import ssh2, { type AuthContext, type PublicKeyAuthContext } from 'ssh2'
import type { Context } from '../context.ts'
import { findBox, isAgentKey, noteRefusedKey } from '../store/boxes.ts'
import type { BoxKey } from '../store/rows.ts'

const MOST_ATTEMPTS = 6
const NOTE_REFUSAL_EVERY_MS = 60_000

/** Authenticates one connection: by public key only, the user is the box, the key is the one enrolled, looked up now. */
export class Authentication {
  readonly #context: Context
  #attempts = 0
  #box: BoxKey | undefined
  static readonly #refusals = new Map<string, number>()

  constructor(context: Context) {
    this.#context = context
  }

  /** Who it is, once it has proved it. */
  get box(): BoxKey | undefined {
    return this.#box
  }

  /** Answers one request. @returns false when the connection has had its chances and must end */
  async answer(request: AuthContext): Promise<boolean> {
    if (++this.#attempts > MOST_ATTEMPTS) return false
    if (request.method !== 'publickey') {
      request.reject(['publickey'])
      return true
    }
    const box = await this.#holder(request)
    if (box === undefined) {
      request.reject(['publickey'])
      return true
    }
    // without a signature it only asks whether the key would do
    if (request.signature === undefined) request.accept()
    else if (isSigned(request)) {
      this.#box = box
      request.accept()
    } else request.reject(['publickey'])
    return true
  }

  /** The box of that name, if the key is its own. Unknown names and wrong keys are answered alike. */
  async #holder(request: PublicKeyAuthContext): Promise<BoxKey | undefined> {
    const { database, clock } = this.#context
    const box = await findBox(database, request.username)
    if (box === undefined) return undefined
    if (await isAgentKey(database, box, request.key.data)) return box
    const nowMs = clock.nowMs()
    const { boxId } = box
    if (nowMs - (Authentication.#refusals.get(boxId) ?? 0) > NOTE_REFUSAL_EVERY_MS) {
      Authentication.#refusals.set(boxId, nowMs)
      await noteRefusedKey(database, box, nowMs)
      this.#context.logger.warn({ boxId }, 'another key under the name of a box was refused')
    }
    return undefined
  }
}

function isSigned({ key, blob, signature, hashAlgo }: PublicKeyAuthContext): boolean {
  if (blob === undefined || signature === undefined) return false
  const parsed = ssh2.utils.parseKey(key.data)
  if (parsed instanceof Error) return false
  // an Error, which is truthy, when the signature can't even be read
  const verdict: unknown = parsed.verify(blob, signature, hashAlgo)
  return verdict === true
}
