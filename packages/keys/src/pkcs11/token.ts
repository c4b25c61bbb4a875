import { KeyError } from '../errors.ts'
import {
  answerOf,
  type Cryptoki,
  type Handle,
  type MechanismInfo,
  type TokenInfo,
} from './cryptoki.ts'
import { Answer, Flag, Mechanism, RSA_BITS, USER } from './constants.ts'
import type { TokenSettings } from './settings.ts'

/** The token that the settings name, logged in, with a pool of sessions. */
export class Token {
  readonly cryptoki: Cryptoki
  readonly info: TokenInfo
  readonly isHardware: boolean
  readonly #slot: Handle
  readonly #free: Handle[] = []
  readonly #waiting: ((session: Handle) => void)[] = []

  /**
   * @param pin overwritten by the caller afterwards
   * @throws KeyError `unreachable` (no such token now), `refused` (several), `pin-refused`, `locked-out`; errors of the binding
   */
  constructor(cryptoki: Cryptoki, settings: TokenSettings, pin: Buffer) {
    this.cryptoki = cryptoki
    cryptoki.C_Initialize({ flags: Flag.osLockingOk })
    this.#slot = chosenSlot(cryptoki, settings)
    this.info = cryptoki.C_GetTokenInfo(this.#slot)
    this.isHardware = (cryptoki.C_GetSlotInfo(this.#slot).flags & Flag.hardwareSlot) !== 0
    for (let count = 0; count < (settings.sessions ?? 4); count++) {
      const session = cryptoki.C_OpenSession(this.#slot, Flag.serialSession | Flag.rwSession)
      if (count === 0) this.#login(session, pin)
      this.#free.push(session)
    }
  }

  /** What the token says of a mechanism; undefined when it doesn't offer it. */
  offers(mechanism: number): MechanismInfo | undefined {
    if (!this.cryptoki.C_GetMechanismList(this.#slot).includes(mechanism)) return undefined
    return this.cryptoki.C_GetMechanismInfo(this.#slot, mechanism)
  }

  /** Whether it makes RSA pairs of the size that is used here; 0 is a module that doesn't tell. */
  get makesRsaPairs(): boolean {
    const { maxKeySize = -1 } = this.offers(Mechanism.rsaKeyPairGen) ?? {}
    return maxKeySize === 0 || maxKeySize >= RSA_BITS
  }

  get signsByRsa(): boolean {
    const { flags = 0 } = this.offers(Mechanism.rsaPkcs1) ?? {}
    return this.makesRsaPairs && (flags & Flag.sign) !== 0
  }

  get offersEcdsa(): boolean {
    return [Mechanism.ecKeyPairGen, Mechanism.ecdsa].every((one) => this.offers(one) !== undefined)
  }

  /** Runs work with a session of its own. */
  async use<T>(work: (session: Handle) => Promise<T>): Promise<T> {
    const session =
      this.#free.pop() ?? (await new Promise<Handle>((resolve) => this.#waiting.push(resolve)))
    try {
      return await work(session)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free.push(session)
      else next(session)
    }
  }

  /** Refuses the last try: it is left to a human, so that no restart ever locks the token. */
  #login(session: Handle, pin: Buffer): void {
    const { flags } = this.info
    if ((flags & Flag.userPinLocked) !== 0) {
      throw lockedOut('its PIN is locked: its security officer has to unlock it')
    }
    if ((flags & Flag.userPinFinalTry) !== 0) {
      throw lockedOut('one more wrong PIN would lock it: log in by hand once with the right PIN')
    }
    try {
      this.cryptoki.C_Login(session, USER, pin.toString('utf8'))
    } catch (error) {
      const answer = answerOf(error)
      if (answer === Answer.userAlreadyLoggedIn) return
      if (answer === Answer.pinLocked) throw lockedOut('its PIN is locked')
      if (answer === Answer.pinExpired) throw pinRefused('its PIN has expired')
      const isWrong = [Answer.pinIncorrect, Answer.pinInvalid, Answer.pinLengthRange].some(
        (one) => one === answer,
      )
      if (isWrong) throw pinRefused('it refuses the PIN')
      throw error
    }
  }
}

const pinRefused = (why: string) => new KeyError('pin-refused', `The token can't be used: ${why}.`)
const lockedOut = (why: string) => new KeyError('locked-out', `The token can't be used: ${why}.`)

function chosenSlot(cryptoki: Cryptoki, { tokenLabel, tokenSerial }: TokenSettings): Handle {
  const present = cryptoki
    .C_GetSlotList(true)
    .map((slot) => ({ slot, info: cryptoki.C_GetTokenInfo(slot) }))
  const chosen = present.filter(
    ({ info }) =>
      (tokenLabel === undefined || info.label.trimEnd() === tokenLabel) &&
      (tokenSerial === undefined || info.serialNumber.trimEnd() === tokenSerial),
  )
  const wanted = [tokenLabel, tokenSerial].filter((name) => name !== undefined).join(', ')
  const [first] = chosen
  if (first === undefined) {
    const labels = present.map(({ info }) => info.label.trimEnd()).filter((label) => label !== '')
    const others = labels.map((label) => `"${label}"`).join(', ')
    throw new KeyError(
      'unreachable',
      `No token "${wanted}" is present; ${others === '' ? 'there is none at all' : `there is ${others}`}.`,
    )
  }
  if (chosen.length > 1) {
    throw new KeyError('refused', `Several tokens are "${wanted}": name tokenSerial.`)
  }
  return first.slot
}
