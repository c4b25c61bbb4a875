import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parseConfiguration, readConfiguration } from '../src/configuration/read.ts'
import { configurationSchema } from '../src/configuration/schema.ts'

const refuses = (text: string) => {
  try {
    parseConfiguration(text, 'probant.yaml')
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'accepted'
}

void t.test('a file sets what it names and leaves the rest as documented', (t) => {
  const configuration = parseConfiguration(
    ['box:', '  name: mairie-de-lyon', 'heads:', '  everySeconds: null', ''].join('\n'),
    'probant.yaml',
  )
  t.equal(configuration.box.name, 'mairie-de-lyon')
  t.equal(configuration.heads.everySeconds, null)
  t.equal(configuration.window.timeZone, 'Europe/Paris')
  t.same(parseConfiguration('', 'x'), parseConfiguration('{}', 'x'))
  t.end()
})

void t.test('an unknown key is refused with file, line and the nearest known key', (t) => {
  t.match(
    refuses('box:\n  name: a\n\njournal:\n  sealAfterSecond: 5\n'),
    /^probant\.yaml:5: unknown key journal\.sealAfterSecond; did you mean journal\.sealAfterSeconds\?/,
  )
  t.match(refuses('boxx:\n  name: a\n'), /^probant\.yaml:1: unknown key boxx; did you mean box\?/)
  t.match(refuses('# a\nsomethingElse: 1\n'), /^probant\.yaml:2: unknown key somethingElse \(/)
  t.end()
})

void t.test('a bad value is refused with its line', (t) => {
  t.match(refuses('limits:\n  metadataBytes: many\n'), /^probant\.yaml:2: limits\.metadataBytes /)
  t.match(refuses('heads:\n  everySeconds: 0\n'), /^probant\.yaml:2: heads\.everySeconds /)
  t.match(refuses('window: tonight\n'), /^probant\.yaml:1: window /)
  t.match(refuses('window:\n  timeZone: Mars/Olympus\n'), /window\.timeZone: "Mars\/Olympus"/)
  t.match(refuses('keys:\n  provider: cloud\n'), /^probant\.yaml:2: keys\.provider /)
  t.match(refuses('- box\n'), /^probant\.yaml:1: the whole file /)
  t.match(refuses('box:\n  name: a\nbox:\n  name: b\n'), /^probant\.yaml:3: .*unique/)
  t.match(refuses('box: {\n'), /^probant\.yaml:\d: /)
  t.end()
})

void t.test('the network needs an address, a certificate with its key, and networks', (t) => {
  const lines = [
    '  address: 10.12.0.5',
    '  certificate: /etc/portal.pem',
    '  key: /etc/portal.key',
    '  allowed: [10.0.0.0/8]',
  ]
  const file = (kept: readonly string[]) => `network:\n${kept.join('\n')}\n`
  t.match(parseConfiguration(file(lines), 'x').network, { address: '10.12.0.5' })
  for (const line of lines) {
    const [key = ''] = /\w+/.exec(line) ?? []
    t.match(refuses(file(lines.filter((each) => each !== line))), `needs network.${key}`)
  }
  t.end()
})

void t.test('a TPM that attests the machine', (t) => {
  const attestation =
    'attestation:\n  tcti: device:/dev/tpmrm0\n  manufacturerRoots: /etc/makers\n  pcrs: [0, 7]\n'
  t.same(parseConfiguration(attestation, 'x').attestation, {
    tcti: 'device:/dev/tpmrm0',
    manufacturerRoots: '/etc/makers',
    pcrs: [0, 7],
  })
  t.equal(parseConfiguration('', 'x').attestation, undefined)
  const without = (line: string) => refuses(attestation.replace(line, ''))
  t.match(without('  tcti: device:/dev/tpmrm0\n'), /needs attestation\.tcti/)
  t.match(without('  manufacturerRoots: /etc/makers\n'), /needs attestation\.manufacturerRoots/)
  t.match(refuses(attestation.replace('0, 7', '7, 0')), /in rising order/)
  t.match(refuses(attestation.replace('0, 7', '24')), /^probant\.yaml:4: attestation\.pcrs/)
  t.match(refuses(attestation.replace('pcrs', 'pcr')), /did you mean attestation\.pcrs\?/)
  t.end()
})

void t.test('keys in a token', (t) => {
  const token =
    'keys:\n  provider: pkcs11\n  module: /m.so\n  tokenLabel: box\n  pin:\n    file: /pin\n'
  t.same(parseConfiguration(token, 'x').keys, {
    provider: 'pkcs11',
    module: '/m.so',
    tokenLabel: 'box',
    pin: { file: '/pin' },
  })
  t.match(
    refuses(token.replace('tokenLabel', 'tokenLable')),
    /^probant\.yaml:4: unknown key keys\.tokenLable; did you mean keys\.tokenLabel\?/,
  )
  t.match(
    refuses(token.replace('file', 'fil')),
    /^probant\.yaml:6: unknown key keys\.pin\.fil; did you mean keys\.pin\.file\?/,
  )
  t.match(refuses(token.replace('/pin', 'pin')), /^probant\.yaml:\d: keys\.pin/)
  t.match(
    refuses(token.replace('    file: /pin', '    value: 4711')),
    /unknown key keys\.pin\.value/,
  )
  t.match(
    refuses(token.replace('  module: /m.so\n', '')),
    /keys\.provider pkcs11 needs keys\.module/,
  )
  t.match(
    refuses(token.replace('  tokenLabel: box\n', '')),
    /needs keys\.tokenLabel or keys\.token/,
  )
  t.match(refuses(`${token}    prompt: true\n`), /needs one of keys\.pin\.credential/)
  t.match(refuses(token.replace('pkcs11', 'software')), /software has no use for keys\.module/)
  t.end()
})

void t.test('keys in a TPM', (t) => {
  const tpm = 'keys:\n  provider: tpm2\n  tcti: device:/dev/tpmrm0\n'
  t.same(parseConfiguration(tpm, 'x').keys, { provider: 'tpm2', tcti: 'device:/dev/tpmrm0' })
  t.match(refuses('keys:\n  provider: tpm2\n'), /keys\.provider tpm2 needs keys\.tcti/)
  t.match(refuses(`${tpm}  module: /m.so\n`), /tpm2 has no use for keys\.module/)
  t.match(refuses(tpm.replace('tpm2', 'software')), /software has no use for keys\.tcti/)
  t.end()
})

void t.test('authorities outside', (t) => {
  const one = '    - name: one\n      url: https://tsa.example/\n      roots: /roots.pem\n'
  const file = `timestamping:\n  proxy:\n    url: http://proxy:3128\n  authorities:\n${one}`
  t.match(parseConfiguration(file, 'x').timestamping, {
    proxy: { url: 'http://proxy:3128' },
    authorities: [{ name: 'one', url: 'https://tsa.example/', roots: '/roots.pem' }],
  })
  t.match(refuses(`${file}${one}`), /timestamping\.authorities has a name twice/)
  const outside = `${file}  reception: outside\n`
  t.match(parseConfiguration(outside, 'x').timestamping, {
    reception: 'outside',
    receptionFallback: 'refuse',
    receptionGapSeconds: 1,
  })
  const relayed = outside.replace('url: https://tsa.example/', 'via: supervisor')
  t.match(refuses(relayed), /reception: outside needs an authority with a url/)
  t.match(refuses('timestamping:\n  reception: outside\n'), /needs an authority with a url/)
  t.match(refuses(`${file}  quorum: 2\n`), /timestamping\.quorum asks for 2 of 1 authorities/)
  t.match(refuses(file.replace('roots:', 'root:')), /unknown key .*root; did you mean .*roots\?/)
  t.match(refuses(file.replace('https://', 'https://user:secret@')), /timestamping\.authorities/)
  t.notMatch(refuses(file.replace('https://', 'https://user:secret@')), /secret/)
  const login = `${file}      login:\n        file: /a\n        credential: b\n`
  t.match(refuses(login), /timestamping\.login needs one of credential and file/)
  t.match(refuses(file.replace('    url: http', '    login: {}\n#')), /proxy needs proxy\.url/)
  t.end()
})

void t.test('a file that is not there is named', async (t) => {
  await t.rejects(readConfiguration('/nowhere/probant.yaml'), {
    code: 'bad-configuration',
    message: /\/nowhere\/probant\.yaml/,
  })
  const path = join(await mkdtemp(join(t.testdir(), 'c-')), 'probant.yaml')
  await writeFile(path, 'demo:\n  documents: false\n')
  t.equal((await readConfiguration(path)).demo.documents, false)
  t.equal((await readConfiguration(undefined)).demo.documents, true)
})

void t.test('every key is documented', async (t) => {
  const documentation = await readFile(
    join(import.meta.dirname, '../../docs/configuration.md'),
    'utf8',
  )
  for (const [section, schema] of Object.entries(configurationSchema.properties))
    for (const key of Object.keys(schema.properties))
      t.match(documentation, `\`${section}.${key}\``, `${section}.${key} stands in docs`)
})
