import { DEFAULT_PCRS } from '@probant/shipping'
import type { Context } from '../context.ts'

/** Registers that boxes quote, in rising order. */
export const registersAskedFor = ({ settings }: Context): readonly number[] =>
  settings.attestation?.pcrs ?? DEFAULT_PCRS
