import { BoxError } from '../errors.ts'
import { deposit, type DepositContext, type Deposited, type Upload } from './deposit.ts'

/** Where deposits are handed in, by whichever way they came: no more at once than may be, and one only under an idempotency key. */
export class DepositDesk {
  readonly #context: DepositContext
  readonly #most: number
  readonly #underWay = new Set<string>()
  #pending = 0

  constructor(context: DepositContext, most: number) {
    this.#context = context
    this.#most = most
  }

  /**
   * @param take begins to read what is handed in, once there is room for it
   * @throws BoxError `journal-busy` (retryable); `deposit-under-way` (retryable); DepositError
   */
  async hand(
    {
      vault,
      depositorId,
      idempotencyKey,
    }: Pick<Upload, 'vault' | 'depositorId' | 'idempotencyKey'>,
    take: () => Promise<Upload> | Upload,
  ): Promise<Deposited> {
    const key = `${depositorId} ${vault.id} ${idempotencyKey ?? ''}`
    if (idempotencyKey !== undefined && this.#underWay.has(key))
      throw new BoxError('deposit-under-way', 'retryable', 'a deposit under this key is under way')
    if (this.#pending >= this.#most)
      throw new BoxError('journal-busy', 'retryable', 'too many deposits under way')
    this.#pending += 1
    if (idempotencyKey !== undefined) this.#underWay.add(key)
    try {
      return await deposit(this.#context, await take())
    } finally {
      this.#pending -= 1
      if (idempotencyKey !== undefined) this.#underWay.delete(key)
    }
  }
}
