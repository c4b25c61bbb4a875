export { register } from './commands.ts'
