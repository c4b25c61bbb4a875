import { KeySettings } from '@probant/keys'
import { WitnessSettings } from '@probant/shipping'
import { Type, type Static } from 'typebox'

const port = Type.Integer({ minimum: 0, maximum: 65535 })
const text = Type.String({ minLength: 1 })
const timeOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' })

const mail = Type.Object(
  {
    host: text,
    port,
    /** TLS from the first byte, with a certificate that verifies; else TLS where the relay offers it. */
    secure: Type.Optional(Type.Boolean()),
    from: Type.String({ minLength: 3 }),
    to: Type.Array(Type.String({ minLength: 3 }), { minItems: 1, maxItems: 10 }),
  },
  { additionalProperties: false },
)
export type MailSettings = Static<typeof mail>

/** The agent's settings file (JSON, readable by its owner only); unknown keys are refused. */
export const settingsSchema = Type.Object(
  {
    /** User name at the centre. */
    boxId: Type.String({ pattern: '^[A-Za-z0-9.-]{1,64}$' }),
    /** The log that is shipped: `<box>/<incarnation>`. */
    origin: Type.String({ pattern: '^[A-Za-z0-9./-]{1,200}$' }),
    /** The agent's own folder: what it remembers, its findings, its positions. */
    home: text,
    database: Type.Object(
      { socketFolder: text, port, database: text, user: text, password: Type.String() },
      { additionalProperties: false },
    ),
    /** Unix socket on which the appliance takes cosignatures and receipts. */
    applianceSocket: text,
    administration: Type.Object({ host: text, port }, { additionalProperties: false }),
    /** Null on a box that has no route to a centre and ships by file. */
    centre: Type.Union([
      Type.Null(),
      Type.Object(
        {
          host: text,
          port,
          /** The only SSH host key accepted: wire blob, base64. */
          hostKey: text,
          /** vkeys whose cosignatures count (types 0x04 and 0x06). */
          witnessKeys: Type.Array(text, { minItems: 1 }),
          /** vkey of the audit receipts (type 0x01). */
          auditKey: text,
        },
        { additionalProperties: false },
      ),
    ]),
    /** Beside the centre; heads go to each at the same instants. */
    witnesses: Type.Optional(Type.Array(WitnessSettings, { maxItems: 15 })),
    keys: KeySettings,
    /** The TPM that vouches for this machine; absent: the box is not attested. Never touched unless it is named here. */
    attestation: Type.Optional(
      Type.Object(
        {
          /** How to reach it, as tpm2-tools take it: `device:/dev/tpmrm0`. */
          tcti: text,
          /** The firmware's event log; absent: the kernel's `binary_bios_measurements`. */
          eventLog: Type.Optional(text),
          /** Registers of a quote that goes by file, in rising order; as the centre's settings name them. */
          pcrs: Type.Optional(
            Type.Array(Type.Integer({ minimum: 0, maximum: 23 }), { minItems: 1, maxItems: 24 }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
    /** How often heads go out, in seconds from midnight UTC; null: never. */
    heads: Type.Union([
      Type.Null(),
      Type.Object(
        { everySeconds: Type.Integer({ minimum: 1, maximum: 86_400 }) },
        { additionalProperties: false },
      ),
    ]),
    /** The off-peak hours in which traces go, on the clocks of the site; null: by file only. */
    window: Type.Union([
      Type.Null(),
      Type.Object(
        {
          start: timeOfDay,
          end: timeOfDay,
          timeZone: text,
          jitterSeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
        },
        { additionalProperties: false },
      ),
    ]),
    /** How the client's own IT is told of what the agent finds, without the centre; absent: by log, status and metrics alone. */
    mail: Type.Optional(mail),
    /** Unix socket for `probant agent …`. */
    controlSocket: text,
  },
  { additionalProperties: false },
)

export type AgentSettings = Static<typeof settingsSchema>
export type CentreSettings = NonNullable<AgentSettings['centre']>
export type AttestationSettings = NonNullable<AgentSettings['attestation']>
