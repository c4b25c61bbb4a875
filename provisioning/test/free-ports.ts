import { checkPorts } from '../src/checks/ports.ts'
import { readLayout, type Ports } from '../src/installation/layout.ts'

/** Ten ports in a row that nothing uses, below those that the system gives to clients. */
export async function freePorts(from: number): Promise<Ports> {
  for (let first = from; first < 32_000; first += 10) {
    const { ports } = readLayout({ PROBANT_PORTS: String(first) }, '/')
    const isFree = await checkPorts(ports).then(
      () => true,
      () => false,
    )
    if (isFree) return ports
  }
  throw new Error('no ten free ports')
}
