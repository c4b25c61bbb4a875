import { createServer } from 'node:net'
import { ProvisioningError, systemCode } from '../errors.ts'
import { LOOPBACK, type Ports } from '../installation/layout.ts'

/** @throws ProvisioningError `port-taken` naming the first port that something else listens on */
export async function checkPorts(ports: Ports): Promise<void> {
  const purposes: [number, string][] = [
    [ports.portal, 'the portal'],
    [ports.administration, "the box's administration"],
    [ports.supervision, 'the supervision centre'],
    [ports.ssh, "the centre's SSH intake"],
    [ports.mail, 'the mail sink'],
    [ports.centreAdministration, "the centre's administration"],
    [ports.agentAdministration, "the agent's administration"],
  ]
  for (const [port, purpose] of purposes) await checkPort(port, purpose, ports.portal)
}

async function checkPort(port: number, purpose: string, first: number): Promise<void> {
  const code = await bindingFault(port)
  if (code === undefined) return
  const other = first < 30_000 ? first + 1000 : first - 1000
  const choose = `choose other ports with PROBANT_PORTS, for instance PROBANT_PORTS=${other} npm start (ten in a row from there are used).`
  if (code === 'EACCES')
    throw new ProvisioningError(
      'port-taken',
      `Port ${port}, meant for ${purpose}, may not be used by this user: ${choose}`,
    )
  throw new ProvisioningError(
    'port-taken',
    `Port ${port}, meant for ${purpose}, is already used by another program (${code}): stop that program, or ${choose}`,
  )
}

/** A server on the loopback or on every address would both be in the way. */
function bindingFault(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => resolve(systemCode(error) ?? error.message))
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      server.close(() => resolve(undefined))
    })
  })
}
