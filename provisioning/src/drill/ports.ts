import { checkPorts } from '../checks/ports.ts'
import { ProvisioningError } from '../errors.ts'
import { readLayout } from '../installation/layout.ts'

/** Below those that the system gives to clients. */
const [FIRST, END] = [26_100, 32_000]

/** Ten ports in a row that nobody listens on; two drills at once don’t begin to look at the same ones. */
export async function freePorts(): Promise<number> {
  const own = FIRST + (process.pid % 200) * 10
  for (let first = own; first < END; first += 10) {
    const { ports } = readLayout({ PROBANT_PORTS: String(first) }, '/')
    const areFree = await checkPorts(ports).then(
      () => true,
      () => false,
    )
    if (areFree) return first
  }
  throw new ProvisioningError('port-taken', 'No ten ports in a row are free for the copy.')
}
