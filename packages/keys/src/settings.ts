import { Type, type Static } from 'typebox'

const text = Type.String({ minLength: 1 })
const strict = { additionalProperties: false } as const

/** Which provider holds the keys: the part `keys` of every component's settings. */
export const KeySettings = Type.Object(
  {
    /** `software`, `pkcs11` or `tpm2`. */
    provider: text,
    /** Where the software provider keeps its keys, and `tpm2` those that its TPM wrapped. */
    folder: Type.Optional(text),
    /** True on a machine that was provisioned as a box: what is a warning elsewhere is then refused. */
    provisionedBox: Type.Optional(Type.Boolean()),
    /** tpm2: how to reach the TPM, as tpm2-tools take it: `device:/dev/tpmrm0`. */
    tcti: Type.Optional(text),
    /** pkcs11: path of the maker's module. */
    module: Type.Optional(text),
    /** pkcs11: the token by its label, its serial number, or both where one alone is ambiguous. */
    tokenLabel: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    tokenSerial: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
    /** pkcs11: where the PIN comes from: a credential of the service manager, a file of its owner's, the terminal. */
    pin: Type.Optional(
      Type.Union([
        Type.Object({ credential: text }, strict),
        Type.Object({ file: text }, strict),
        Type.Object({ prompt: Type.Literal(true) }, strict),
      ]),
    ),
    /** pkcs11: calls that the device may work on at once; 4 when it isn't given. */
    sessions: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
  },
  strict,
)
export type KeySettings = Static<typeof KeySettings>
