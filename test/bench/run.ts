/** `npm run bench [-- NAME…]`: benchmarks, each printing one JSON line a figure. */
import { runPrograms } from '../running/programs.ts'

runPrograms(import.meta.dirname, '.bench.ts', process.argv.slice(2))
