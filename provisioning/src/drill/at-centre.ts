import { seenByCentre, type Observation } from './observation.ts'
import type { Specimen } from './specimen.ts'

/** Asks the centre what it found, about the box or (`centre`) about itself. */
export const atCentre =
  (specimen: Specimen, about?: 'centre') => async (): Promise<readonly Observation[]> =>
    (await specimen.findings(about)).map(seenByCentre)
