export { startCentre, type Centre } from './centre.ts'
export { initialise, type Initialised } from './initialise.ts'
export { Settings } from './settings.ts'
export type { World } from './open-context.ts'
