export { delayedProvider, type Delays } from './delayed-provider.ts'
