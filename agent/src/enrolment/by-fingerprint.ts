import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import { spokenWords, wereSpoken, type SpokenLanguage } from '@probant/keys'
import {
  ANSWER_WORDS,
  enrolmentFingerprint,
  FINGERPRINT_WORDS,
  type PresentedBox,
} from '@probant/shipping'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import type { Appliance } from '../appliance/appliance.ts'
import { AgentError, messageOf } from '../errors.ts'
import { ask, enrolled, type Enrolled } from './centre-api.ts'

const presentedCentre = Type.Object({
  ...enrolled.properties,
  nonce: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})

/** What was presented, from the centre's answer until somebody typed the words that come back. */
const presented = Type.Object({
  box: Type.Object({ origin: Type.String(), journalKey: Type.String(), agentKey: Type.String() }),
  centre: presentedCentre,
})
type Presented = Static<typeof presented>

const FILE = 'enrolment.json'

/** An enrolment without a TPM, at the box: what it shows and what it takes. The appliance journals each step before it counts. */
export class FingerprintEnrolment {
  readonly #home: string
  readonly #appliance: Appliance

  constructor(home: string, appliance: Appliance) {
    this.#home = home
    this.#appliance = appliance
  }

  /**
   * Presents the box's keys by a one-time code and keeps what the centre presents. An earlier enrolment that wasn't finished is forgotten.
   * @param centre address of the centre's API, up to `/api/v1`
   * @throws AgentError `refused-by-centre`, `centre-unreachable`, `centre-misbehaved`, `appliance-unreachable`, `appliance-refused`
   */
  async begin(centre: string, code: string, box: PresentedBox): Promise<void> {
    const body = { code, ...box }
    const answer = await ask(`${centre}/enrolments/presentations`, body, presentedCentre)
    const kept: Presented = { box, centre: answer }
    await this.#appliance.giveEnrolment('begun', fingerprintOf(kept))
    await writeDurably(join(this.#home, FILE), JSON.stringify(kept), 0o600)
  }

  /** What is read to the operator of the centre. @throws AgentError `not-enrolled` where none was begun */
  async words(language: SpokenLanguage): Promise<readonly string[]> {
    return spokenWords(fingerprintsOf(await this.#read()).forCentre, FINGERPRINT_WORDS, language)
  }

  /**
   * Takes the words that the operator reads back once the centre accepted.
   * @returns what to pin
   * @throws AgentError `not-enrolled`; `refused-words` for others, which are journalled; as {@link begin}
   */
  async confirm(words: string): Promise<Enrolled> {
    const kept = await this.#read()
    const { forBox } = fingerprintsOf(kept)
    const isIt = wereSpoken(forBox, ANSWER_WORDS, words)
    await this.#appliance.giveEnrolment(isIt ? 'confirmed' : 'refused', fingerprintOf(kept))
    if (!isIt)
      throw new AgentError(
        'refused-words',
        'These are not the words of the keys that came here: a slip, or somebody exchanged a key on its way. Nothing is pinned.',
      )
    const { witnessKeys, auditKey, sshHostKey, ssh } = kept.centre
    return { witnessKeys, auditKey, sshHostKey, ssh }
  }

  async #read(): Promise<Presented> {
    const path = join(this.#home, FILE)
    try {
      return Value.Parse(presented, JSON.parse(await readFile(path, 'utf8')))
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (isAbsent)
        throw new AgentError(
          'not-enrolled',
          'No enrolment was begun here: run probant agent enrol.',
        )
      throw new AgentError('unusable-file', `${path}: ${messageOf(error)}`, error)
    }
  }
}

const fingerprintsOf = ({ box, centre }: Presented) => enrolmentFingerprint(box, centre)
const fingerprintOf = (kept: Presented): string => toHex(fingerprintsOf(kept).forCentre)
