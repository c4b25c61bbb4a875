import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Runs openssl. */
export function openssl(...args: string[]): { ok: boolean; text: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { ok: status === 0, text: stdout + stderr }
}

export const hasOpenssl = openssl('version').ok

/** What a certificate is made to be. */
export interface Issue {
  readonly startMs: number
  readonly endMs: number
  /** Section of the configuration. */
  readonly extensions?:
    'seal' | 'sealPolicy' | 'server' | 'encrypt' | 'stamps' | 'silent' | 'authority'
}

/** Section of an authority that signs by its own key. */
const signing = (name: string) => `
[${name}]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
certificate = ${name}.pem
private_key = ${name}.key
`

const configuration = `${signing('root')}${signing('issuing')}
[any]
countryName = optional
localityName = optional
organizationName = optional
organizationalUnitName = optional
2.5.4.97 = optional
commonName = supplied
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[seal]
keyUsage = critical, digitalSignature, nonRepudiation
subjectKeyIdentifier = hash
[sealPolicy]
keyUsage = critical, nonRepudiation
certificatePolicies = 1.3.6.1.4.1.99999.7, 0.4.0.194112.1.1
[server]
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[encrypt]
keyUsage = critical, keyEncipherment
[stamps]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[silent]
subjectKeyIdentifier = hash
`

const P256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
export const RSA_4096 = ['rsa:4096']

const DAY_MS = 86_400_000

/** A certification authority that openssl makes in a folder: a root, and an issuing authority below it, which issues for requests. */
export class CertificationAuthority {
  readonly #folder: string
  readonly #key: readonly string[]

  /** @param key of the authorities, as `openssl req -newkey` takes it */
  constructor(folder: string, name: string, fromMs: number, key: readonly string[] = P256) {
    this.#folder = folder
    this.#key = key
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'openssl.cnf'), configuration)
    writeFileSync(join(folder, 'index.txt'), '')
    writeFileSync(join(folder, 'serial'), '1000\n')
    const always = { startMs: fromMs - 400 * DAY_MS, endMs: fromMs + 4000 * DAY_MS }
    for (const each of ['root', 'issuing']) this.#newRequest(each, `${name} ${each}`)
    this.#sign('root', 'root.csr', 'root.pem', 'authority', always, [
      '-selfsign',
      '-keyfile',
      'root.key',
    ])
    this.#sign('root', 'issuing.csr', 'issuing.pem', 'authority', always)
  }

  get rootPem(): string {
    return this.#read('root.pem')
  }

  get issuingPem(): string {
    return this.#read('issuing.pem')
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8')
  }

  /** The certificate for a request, PEM, without its issuers. */
  issue(request: string, { startMs, endMs, extensions = 'seal' }: Issue): string {
    writeFileSync(join(this.#folder, 'request.csr'), request)
    this.#sign('issuing', 'request.csr', 'issued.pem', extensions, { startMs, endMs })
    return this.#read('issued.pem')
  }

  /** A request for a key that is not in any box. */
  foreignRequest(): string {
    this.#newRequest('foreign', 'foreign')
    return this.#read('foreign.csr')
  }

  /** Makes a key, and a request for it. */
  #newRequest(file: string, commonName: string): void {
    const key = ['-newkey', ...this.#key, '-nodes']
    const files = ['-keyout', `${file}.key`, '-out', `${file}.csr`, '-config', 'openssl.cnf']
    this.#run(['req', '-new', ...key, '-subj', `/CN=${commonName}`, ...files])
  }

  #sign(
    by: 'root' | 'issuing',
    request: string,
    output: string,
    extensions: string,
    { startMs, endMs }: { startMs: number; endMs: number },
    more: readonly string[] = [],
  ): void {
    const dates = ['-startdate', timeText(startMs), '-enddate', timeText(endMs)]
    const files = ['-in', request, '-out', output]
    const how = ['-config', 'openssl.cnf', '-name', by, '-extensions', extensions]
    this.#run(['ca', '-batch', '-notext', ...how, ...files, ...dates, ...more])
  }

  #run(args: readonly string[]): void {
    const { status, stderr } = spawnSync('openssl', args, { cwd: this.#folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
  }
}

const timeText = (ms: number) => `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
