import { canonicalBytes, isJsonObject, parseCanonical, type JsonObject } from '@probant/evidence'
import t from 'tap'
import { formatAttestationFile, parseAttestationFile, type AttestationFile } from '../src/index.ts'

const file: AttestationFile = {
  origin: 'box-1/1',
  over: 12,
  attestation: {
    attestationKey: 'AAEC',
    statement: 'AAEC',
    signature: 'AAEC',
    values: ['00'.repeat(32)],
    eventLog: { state: 'given', bytes: 'AAEC' },
  },
}

void t.test('a file of attestation is read as it was written', (t) => {
  t.same(parseAttestationFile(formatAttestationFile(file)), file)
  t.end()
})

void t.test('anything else in it is refused', (t) => {
  const written = parseCanonical(formatAttestationFile(file))
  const members = isJsonObject(written) ? written : {}
  const changes: Record<string, JsonObject> = {
    'another format': { format: 2 },
    'an unknown member': { more: 1 },
    'no origin': { origin: 'box 1' },
    'a size that is none': { over: -1 },
    'no attestation': { attestation: {} },
  }
  for (const [what, change] of Object.entries(changes)) {
    const bytes = canonicalBytes({ ...members, ...change })
    t.throws(() => parseAttestationFile(bytes), { code: 'malformed-message' }, what)
  }
  for (const bytes of [canonicalBytes([]), canonicalBytes(null), Buffer.from('{')])
    t.throws(() => parseAttestationFile(bytes), { code: 'malformed-message' })
  t.end()
})
