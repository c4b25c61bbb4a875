/** The values of PKCS#11 v2.40 that are used here, under the names of the standard without their prefix. */
export const Flag = {
  osLockingOk: 0x2,
  tokenPresent: 0x1,
  hardwareSlot: 0x4,
  loginRequired: 0x4,
  userPinFinalTry: 0x20000,
  userPinLocked: 0x40000,
  serialSession: 0x4,
  rwSession: 0x2,
  encrypt: 0x100,
  sign: 0x800,
  wrap: 0x20000,
} as const

export const USER = 1

export const ObjectClass = { publicKey: 2, privateKey: 3, secretKey: 4 } as const
export const KeyType = { rsa: 0, ec: 3, genericSecret: 0x10, aes: 0x1f } as const

/** CKA_EC_PARAMS of P-256: its OID, DER. */
export const P256_PARAMETERS = Buffer.from('06082a8648ce3d030107', 'hex')

/** Of every RSA key that is made or used here. */
export const RSA_BITS = 3072
export const RSA_BYTES = RSA_BITS / 8

export const Attribute = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  value: 0x11,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  wrap: 0x106,
  unwrap: 0x107,
  sign: 0x108,
  verify: 0x10a,
  derive: 0x10c,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  valueLength: 0x161,
  extractable: 0x162,
  local: 0x163,
  neverExtractable: 0x164,
  alwaysSensitive: 0x165,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const

export const Mechanism = {
  rsaKeyPairGen: 0x0,
  rsaPkcs1: 0x1,
  rsaOaep: 0x9,
  sha1: 0x220,
  sha256: 0x250,
  genericSecretKeyGen: 0x350,
  ecKeyPairGen: 0x1040,
  ecdsa: 0x1041,
  aesKeyGen: 0x1080,
  aesGcm: 0x1087,
  aesKeyWrapPad: 0x210a,
} as const

/** Mask generation functions of RSA-OAEP, and its only source of a label. */
export const Oaep = { mgf1Sha1: 1, mgf1Sha256: 2, dataSpecified: 1 } as const

/** How the binding takes the parameters of a mechanism. */
export const Parameters = { gcm: 3, gcmWithIvBits: 7, oaep: 4 } as const

export const Answer = {
  generalError: 0x5,
  functionFailed: 0x6,
  attributeSensitive: 0x11,
  attributeTypeInvalid: 0x12,
  dataInvalid: 0x20,
  dataLengthRange: 0x21,
  encryptedDataInvalid: 0x40,
  encryptedDataLengthRange: 0x41,
  objectHandleInvalid: 0x82,
  pinIncorrect: 0xa0,
  pinInvalid: 0xa1,
  pinLengthRange: 0xa2,
  pinExpired: 0xa3,
  pinLocked: 0xa4,
  userAlreadyLoggedIn: 0x100,
  wrappedKeyInvalid: 0x110,
  wrappedKeyLengthRange: 0x112,
} as const
