/** `npm run soak [-- NAME…]`: the full counts of what CI runs in small. */
import { runPrograms } from '../running/programs.ts'

runPrograms(import.meta.dirname, '.soak.ts', process.argv.slice(2))
