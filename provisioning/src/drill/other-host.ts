import ssh2 from 'ssh2'
import { LOOPBACK } from '../installation/layout.ts'

/** An SSH server that lets anybody in, with a host key of its own. */
export interface OtherHost {
  readonly port: number
  /** Connections that went as far as to trust it. */
  opened: () => number
  close: () => Promise<void>
}

export async function otherHost(): Promise<OtherHost> {
  let opened = 0
  const { private: privateKey } = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 })
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
    client.on('error', () => undefined)
    // it asks for nothing and lets everybody in: whoever gets so far has taken it for the centre
    client.on('authentication', (request) => {
      opened += 1
      request.accept()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, LOOPBACK, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null && 'port' in address ? address.port : 0,
    opened: () => opened,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
