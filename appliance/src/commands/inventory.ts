import { fetchTo } from './get.ts'
import { reach, type ApiOptions, type CommandContext } from './reach.ts'

export interface InventoryOptions extends ApiOptions {
  readonly output: string
  readonly format: string
}

/** Fetches the list of all that a vault holds. */
export async function inventory(context: CommandContext, options: InventoryOptions): Promise<void> {
  const from = await reach(context, options)
  const { output, format } = options
  await fetchTo(
    from,
    `/vaults/${from.vault}/inventory?format=${encodeURIComponent(format)}`,
    output,
  )
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ output })}\n` : `${output}: the inventory\n`,
  )
}
