import ssh2, { type AuthContext } from 'ssh2'

/*
 * What stands at the centre's front door, and nothing behind it: ssh2 with the same settings, one key, bytes thrown away. A process of
 * its own, so that its processor time can be told: keys on standard input, the port on standard output.
 */
const chunks: Buffer[] = []
for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk)
const { hostKey, clientBlob } = JSON.parse(Buffer.concat(chunks).toString()) as {
  hostKey: string
  clientBlob: string
}

function isOurs(request: AuthContext): boolean {
  if (request.method !== 'publickey') return false
  const { key, signature, blob, hashAlgo } = request
  if (!key.data.equals(Buffer.from(clientBlob, 'base64'))) return false
  if (signature === undefined || blob === undefined) return true
  const parsed = ssh2.utils.parseKey(key.data)
  const verdict: unknown = !(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo)
  return verdict === true
}

const server = new ssh2.Server(
  { hostKeys: [hostKey], algorithms: { compress: ['none'] } },
  (connection) => {
    connection.on('error', () => undefined)
    connection.on('authentication', (request) => {
      if (isOurs(request)) request.accept()
      else request.reject(['publickey'])
    })
    connection.on('session', (accept) =>
      accept().on('exec', (acceptExec) => {
        const channel = acceptExec()
        channel.on('end', () => {
          channel.exit(0)
          channel.end()
        })
        channel.resume()
      }),
    )
  },
)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : 0}\n`)
})
