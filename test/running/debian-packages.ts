import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** What tests run besides npm packages: a program that must be in PATH, and Debian's package for it. */
const programs = {
  openssl: 'openssl',
  ssh: 'openssh-client',
  chromium: 'chromium',
  git: 'git',
  python3: 'python3',
  swtpm: 'swtpm',
  swtpm_setup: 'swtpm-tools',
  // brings libtss2-esys, -mu and -tctildr, with the connections to devices and to swtpm
  tpm2_getcap: 'tpm2-tools',
  'softhsm2-util': 'softhsm2',
  'pkcs11-tool': 'opensc',
  // with the headers of the C library, which gcc only recommends
  cc: 'g++',
  script: 'bsdutils',
  qpdf: 'qpdf',
  pdftotext: 'poppler-utils',
}

/**
 * Installs the Debian packages that are missing when this runs as root, or says which they are.
 * Tests whose program is still missing then skip and say so.
 */
export function installMissingPackages(say: (line: string) => void): void {
  const missing = missingPackages()
  if (missing.length === 0) return
  if (process.getuid?.() !== 0) {
    say(`These Debian packages are missing, and some tests skip without them: ${missing.join(' ')}`)
    say(`To install them: sudo apt-get update && sudo apt-get install -y ${missing.join(' ')}`)
    return
  }
  say(`Installing Debian packages: ${missing.join(' ')}`)
  aptGet('update')
  aptGet('install', '--yes', '--no-install-recommends', ...missing)
  const still = missingPackages()
  if (still.length > 0) say(`These could not be installed: ${still.join(' ')}`)
}

function missingPackages(): string[] {
  const absent = Object.entries(programs).filter(([program]) => !isInPath(program))
  return [...new Set(absent.map(([, debianPackage]) => debianPackage))]
}

function isInPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

function aptGet(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr } = spawnSync('apt-get', ['-q', ...args], {
    env,
    encoding: 'utf8',
  })
  if (status !== 0) process.stdout.write(`${stdout}${stderr}`)
}
