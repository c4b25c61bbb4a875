import { PostgresError } from '@probant/postgres'
import { ProvisioningError } from '../errors.ts'

/**
 * What a person reads when a command ends badly: the sentence of an error that was foreseen, the whole
 * stack of one that wasn't, since only a developer can act on it.
 */
export function sentenceOf(error: unknown): string {
  if (error instanceof ProvisioningError || error instanceof PostgresError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
