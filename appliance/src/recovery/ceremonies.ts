import type { Randomness } from '@probant/host'
import { checkQuorum, parseRecoveryPublicKey, type Quorum } from '@probant/keys'
import { badCeremony } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { Recovery } from './recovery.ts'

interface Ceremony extends Quorum {
  readonly id: string
  readonly confirmed: Set<number>
}

/**
 * The box's side of a key ceremony: it journals each step and learns the public key alone; seed and shares never reach it.
 * One ceremony is under way at most, and it doesn't outlive the service.
 */
export class Ceremonies {
  readonly #journal: Journal
  readonly #recovery: Recovery
  readonly #randomness: Randomness
  #current: Ceremony | undefined

  constructor(journal: Journal, recovery: Recovery, randomness: Randomness) {
    this.#journal = journal
    this.#recovery = recovery
    this.#randomness = randomness
  }

  /**
   * Begins; one that was under way is abandoned.
   * @param replaces id of the recovery key that this ceremony is to replace, null for a first one
   * @returns an identifier for the steps that follow
   * @throws BoxError `bad-ceremony` when another key holds; KeyError `wrong-size`
   */
  async begin(quorum: Quorum, replaces: string | null): Promise<string> {
    checkQuorum(quorum)
    const holding = this.#recovery.key?.id ?? null
    if (holding !== replaces)
      throw badCeremony(
        holding === null
          ? 'Aucune clé de récupération n’est déclarée : il n’y a rien à remplacer.'
          : `La clé de récupération ${holding} est déclarée : une nouvelle cérémonie doit dire qu’elle la remplace.`,
        holding === null
          ? 'No recovery key is declared: there is nothing to replace.'
          : `The recovery key ${holding} is declared: a new ceremony has to say that it replaces it.`,
      )
    if (this.#current !== undefined) await this.abandon(this.#current.id)
    const id = this.#randomness.uuid()
    const { threshold, shares } = quorum
    await this.#journal.record({
      act: 'ceremony-begun',
      outcome: 'done',
      data: { ceremony: id, threshold, shares, replaces },
    })
    this.#current = { id, threshold, shares, confirmed: new Set() }
    return id
  }

  /** A holder confirmed the check words of a share. The trace commits to the holder's name. */
  async confirm(id: string, share: number, holder: string): Promise<void> {
    const ceremony = this.#underWay(id)
    if (share < 1 || share > ceremony.shares)
      throw badCeremony(
        `Il n’y a pas de part ${share} dans cette cérémonie.`,
        `There is no share ${share} in this ceremony.`,
      )
    await this.#journal.record({
      act: 'ceremony-share-confirmed',
      outcome: 'done',
      data: { ceremony: id, share },
      hidden: { holder },
    })
    ceremony.confirmed.add(share)
  }

  /**
   * Ends it well: the public key is declared and vault keys are enclosed to it.
   * @throws BoxError `bad-ceremony` while a share isn't confirmed; KeyError `unreadable-key`
   */
  async declare(id: string, publicKey: Uint8Array): Promise<void> {
    const { confirmed, threshold, shares } = this.#underWay(id)
    if (confirmed.size < shares)
      throw badCeremony(
        `${confirmed.size} parts sur ${shares} seulement sont confirmées.`,
        `Only ${confirmed.size} of ${shares} shares are confirmed.`,
      )
    const key = parseRecoveryPublicKey(publicKey)
    await this.#recovery.declare(key, { threshold, shares }, { ceremony: id })
    this.#current = undefined
  }

  /** Ends it without a key: nothing was declared, the shares handed out are worth nothing. */
  async abandon(id: string): Promise<void> {
    this.#underWay(id)
    this.#current = undefined
    await this.#journal.record({
      act: 'ceremony-abandoned',
      outcome: 'done',
      data: { ceremony: id },
    })
  }

  #underWay(id: string): Ceremony {
    if (this.#current?.id === id) return this.#current
    throw badCeremony(
      'Cette cérémonie n’est pas en cours : le service a redémarré, ou une autre a commencé. Recommencez.',
      'This ceremony is not under way: the service was restarted, or another one began. Begin again.',
    )
  }
}
