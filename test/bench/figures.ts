/** One figure of a benchmark, as interfaces and users read it: a JSON line. */
export interface Figure {
  readonly bench: string
  readonly case: string
  /** Median over the rounds. */
  readonly value: number
  readonly unit: string
  /** Median of the limit: the least work that anything correct would have to do. */
  readonly limit: number
  /** Median of the rounds' own ratios, product to limit. */
  readonly ratio: number
  readonly minimum: number
  readonly maximum: number
  readonly limitMinimum: number
  readonly limitMaximum: number
  readonly rounds: number
}

/** A quick run shows that a benchmark works; its figures are no measurement. */
export const isQuick = process.env['BENCH_QUICK'] !== undefined

export const ROUNDS = isQuick ? 1 : 5

/** Alternates product and limit for `rounds` rounds, so that a slow minute of the machine hits both. */
export async function compare(
  name: { readonly bench: string; readonly case: string; readonly unit: string },
  product: () => Promise<number>,
  limit: () => Promise<number>,
  rounds = ROUNDS,
): Promise<Figure> {
  const measured: { product: number; limit: number }[] = []
  for (let round = 0; round < rounds; round += 1) {
    const first = round % 2 === 0
    const before = first ? await product() : await limit()
    const after = first ? await limit() : await product()
    measured.push(first ? { product: before, limit: after } : { product: after, limit: before })
  }
  const products = measured.map((each) => each.product)
  const limits = measured.map((each) => each.limit)
  const figure: Figure = {
    ...name,
    value: rounded(median(products)),
    limit: rounded(median(limits)),
    ratio: rounded(median(measured.map((each) => each.product / each.limit))),
    minimum: rounded(Math.min(...products)),
    maximum: rounded(Math.max(...products)),
    limitMinimum: rounded(Math.min(...limits)),
    limitMaximum: rounded(Math.max(...limits)),
    rounds,
  }
  process.stdout.write(`${JSON.stringify(figure)}\n`)
  return figure
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

const rounded = (value: number): number => Number(value.toPrecision(4))
