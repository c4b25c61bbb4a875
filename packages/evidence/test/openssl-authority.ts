import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePem } from '../src/index.ts'

/** Whether this machine has an openssl to hold ours against. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

const configuration = `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = OpenSSL test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[tsa]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
[notcritical]
extendedKeyUsage = timeStamping
[server]
extendedKeyUsage = critical, serverAuth
[both]
extendedKeyUsage = critical, timeStamping, codeSigning
[ts]
default_tsa = tsa_config
[tsa_config]
serial = serial
default_policy = 1.3.6.1.4.1.99999.2
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
ordering = yes
`

/** A time-stamping authority that openssl makes and runs, in a folder of its own. */
export class OpensslAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), 'probant-tsa-'))

  constructor(keyKind: readonly string[] = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']) {
    writeFileSync(join(this.folder, 'openssl.cnf'), configuration)
    writeFileSync(join(this.folder, 'serial'), '01\n')
    this.#key('root', keyKind)
    this.#openssl(
      `req -x509 -new -key root.key -out root.pem -days 3650 -config openssl.cnf -extensions ca -subj /CN=root`,
    )
  }

  #key(name: string, kind: readonly string[]): void {
    const [algorithm = 'ec', ...options] = kind
    execFileSync(
      'openssl',
      ['genpkey', '-algorithm', algorithm, ...options, '-out', `${name}.key`],
      {
        cwd: this.folder,
        stdio: 'ignore',
      },
    )
  }

  #openssl(line: string): void {
    execFileSync('openssl', line.split(' '), { cwd: this.folder, stdio: 'pipe' })
  }

  /** A certificate under the root with the extensions of a section of the configuration. */
  certificate(
    name: string,
    section: string,
    keyKind: readonly string[] = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    days = 3650,
  ): void {
    this.#key(name, keyKind)
    this.#openssl(
      `req -new -key ${name}.key -out ${name}.csr -config openssl.cnf -subj /CN=${name}`,
    )
    this.#openssl(
      `x509 -req -in ${name}.csr -CA root.pem -CAkey root.key -CAcreateserial -out ${name}.pem -days ${days} -extfile openssl.cnf -extensions ${section}`,
    )
  }

  /** A token over data; undefined when openssl itself refuses to make one. */
  token(name: string, data: Uint8Array, options = ''): Uint8Array | undefined {
    writeFileSync(join(this.folder, 'data'), data)
    this.#openssl('ts -query -data data -sha256 -cert -out query.tsq')
    try {
      this.#openssl(
        `ts -reply -config openssl.cnf -section tsa_config -queryfile query.tsq -inkey ${name}.key -signer ${name}.pem -token_out -out token.tst${options}`,
      )
    } catch {
      return undefined
    }
    return new Uint8Array(readFileSync(join(this.folder, 'token.tst')))
  }

  der(name: string): Uint8Array {
    const [der] = parsePem(readFileSync(join(this.folder, `${name}.pem`), 'utf8'), 'CERTIFICATE')
    if (der === undefined) throw new Error(`no certificate ${name}`)
    return der
  }

  remove(): void {
    rmSync(this.folder, { recursive: true })
  }
}
