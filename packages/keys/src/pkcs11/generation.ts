import { systemRandomness } from '@probant/host/randomness'
import type { AttributeValue } from './cryptoki.ts'
import { Attribute, Mechanism, ObjectClass, P256_PARAMETERS, RSA_BITS } from './constants.ts'
import { findObjects } from './objects.ts'
import type { Enclosing } from './settings.ts'
import type { Token } from './token.ts'

const PUBLIC_EXPONENT = Buffer.from([1, 0, 1])

/**
 * Under an RSA wrapping key, whose public half anybody may use, enclosed bytes are signed by this companion. Its label can't be one
 * that a caller gives.
 */
export const companionLabel = (label: string): string => `${label}+origin`

type Use = 'sign' | 'decrypt' | 'encrypt' | 'wrap' | 'unwrap'
const USES = ['sign', 'decrypt', 'encrypt', 'wrap', 'unwrap'] as const

/** Made in the token, never to leave it, and for nothing but `uses`. */
function secretTemplate(label: string, id: Buffer, uses: readonly Use[]): AttributeValue[] {
  return [
    { type: Attribute.token, value: true },
    { type: Attribute.private, value: true },
    { type: Attribute.sensitive, value: true },
    { type: Attribute.extractable, value: false },
    { type: Attribute.derive, value: false },
    { type: Attribute.label, value: Buffer.from(label) },
    { type: Attribute.id, value: id },
    ...USES.map((use) => ({ type: Attribute[use], value: uses.includes(use) })),
  ]
}

function pairTemplates(label: string, publicUse: AttributeValue, privateUse: Use) {
  // Pairs are told apart by it even where two have one label.
  const id = Buffer.from(systemRandomness.bytes(16))
  const publicTemplate: AttributeValue[] = [
    { type: Attribute.token, value: true },
    { type: Attribute.private, value: false },
    { type: Attribute.label, value: Buffer.from(label) },
    { type: Attribute.id, value: id },
    publicUse,
  ]
  const isOfPrivateKeys = ({ type }: AttributeValue) =>
    type !== Attribute.encrypt && type !== Attribute.wrap
  const privateTemplate = secretTemplate(label, id, [privateUse]).filter(isOfPrivateKeys)
  return { publicTemplate, privateTemplate }
}

export async function newEcPair(token: Token, label: string): Promise<void> {
  const verifies = { type: Attribute.verify, value: true }
  const { publicTemplate, privateTemplate } = pairTemplates(label, verifies, 'sign')
  await token.use((session) =>
    token.cryptoki.C_GenerateKeyPairAsync(
      session,
      { mechanism: Mechanism.ecKeyPairGen },
      [...publicTemplate, { type: Attribute.ecParams, value: P256_PARAMETERS }],
      privateTemplate,
    ),
  )
}

export async function newWrappingKey(
  token: Token,
  label: string,
  enclosing: Enclosing,
): Promise<void> {
  switch (enclosing) {
    case 'aes-256-gcm':
      await newAesKey(token, label, ['encrypt', 'decrypt'])
      break
    case 'aes-256-key-wrap-pad':
      await newAesKey(token, label, ['wrap', 'unwrap'])
      break
    case 'rsa-3072-oaep':
      // Last what is looked for: a cut in between leaves a companion alone, which the next try takes.
      if (!(await hasCompanion(token, label))) await newEcPair(token, companionLabel(label))
      await newRsaPair(token, label, 'decrypt')
      break
  }
}

function hasCompanion(token: Token, label: string): Promise<boolean> {
  const template = [
    { type: Attribute.class, value: ObjectClass.privateKey },
    { type: Attribute.label, value: Buffer.from(companionLabel(label)) },
  ]
  return token.use((session) =>
    Promise.resolve(findObjects(token.cryptoki, session, template).length > 0),
  )
}

async function newAesKey(token: Token, label: string, uses: readonly Use[]): Promise<void> {
  const id = Buffer.from(systemRandomness.bytes(16))
  const template = secretTemplate(label, id, uses).filter(({ type }) => type !== Attribute.sign)
  await token.use((session) =>
    token.cryptoki.C_GenerateKeyAsync(session, { mechanism: Mechanism.aesKeyGen }, [
      ...template,
      { type: Attribute.valueLength, value: 32 },
    ]),
  )
}

export async function newRsaPair(
  token: Token,
  label: string,
  use: 'sign' | 'decrypt',
): Promise<void> {
  const publicUse = use === 'sign' ? Attribute.verify : Attribute.encrypt
  const uses = { type: publicUse, value: true }
  const { publicTemplate, privateTemplate } = pairTemplates(label, uses, use)
  await token.use((session) =>
    token.cryptoki.C_GenerateKeyPairAsync(
      session,
      { mechanism: Mechanism.rsaKeyPairGen },
      [
        ...publicTemplate,
        { type: Attribute.modulusBits, value: RSA_BITS },
        { type: Attribute.publicExponent, value: PUBLIC_EXPONENT },
      ],
      privateTemplate,
    ),
  )
}
