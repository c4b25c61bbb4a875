import { KeySettings } from '@probant/keys'
import { RelaySettings } from '@probant/timestamping'
import { Type, type Static } from 'typebox'

const strict = { additionalProperties: false } as const
const Path = Type.String({ pattern: '^/.' })
const Days = Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 366 }), Type.Null()]))
const Port = Type.Integer({ minimum: 0, maximum: 65_535 })
const Listen = Type.Object({ host: Type.String({ minLength: 1 }), port: Port }, strict)
const Role = Type.Object({ user: Type.String({ minLength: 1 }), password: Type.String() }, strict)

/** The settings file of a supervision centre (JSON, 0600, written by provisioning). */
export const Settings = Type.Object(
  {
    /** Name of the witness, of the audit key and of the alert journal's origin. */
    centreName: Type.String({ pattern: '^[A-Za-z0-9./-]{1,150}$' }),
    /** Folder of segments, evidence and the SSH host key. */
    home: Type.String({ minLength: 1 }),
    database: Type.Object(
      {
        socketFolder: Type.String({ minLength: 1 }),
        port: Port,
        database: Type.String({ minLength: 1 }),
        owner: Role,
        service: Role,
      },
      strict,
    ),
    /** Pages and API. */
    listen: Listen,
    /** /metrics, /healthz, /readyz. */
    administration: Listen,
    /** Where agents dial in; `host` is also what enrolments tell them. */
    ssh: Listen,
    /** Where other centres' boxes bring heads to be cosigned (C2SP tlog-witness); absent: nowhere. */
    witness: Type.Optional(Listen),
    /** Authorities that are asked for boxes without a route to any; absent: none. */
    timestamping: Type.Optional(RelaySettings),
    /** What one box may do in a day of UTC; generous where it isn't said. */
    quotas: Type.Optional(
      Type.Object(
        {
          segmentsPerDay: Type.Optional(Type.Integer({ minimum: 1 })),
          /** Of its segments, inflated. */
          bytesPerDay: Type.Optional(Type.Integer({ minimum: 1 })),
          findingsPerDay: Type.Optional(Type.Integer({ minimum: 1 })),
          /** Bytes that are kept as both sides of its findings. */
          evidenceBytesPerDay: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        strict,
      ),
    ),
    keys: KeySettings,
    mail: Type.Object(
      {
        host: Type.String({ minLength: 1 }),
        port: Port,
        from: Type.String({ minLength: 3 }),
        secure: Type.Boolean(),
      },
      strict,
    ),
    /** How contacts other than mailboxes are reached; every key optional by itself. */
    alerts: Type.Optional(
      Type.Object(
        {
          /** PEM file of further roots that webhooks' and syslog receivers' certificates may lead to. */
          tlsRoots: Type.Optional(Path),
          /** PEM files: what the centre shows to receivers that ask for a certificate. */
          clientCertificate: Type.Optional(Path),
          clientKey: Type.Optional(Path),
          /** Private enterprise number (IANA) in the structured data of syslog messages. */
          enterpriseNumber: Type.Optional(Type.Integer({ minimum: 1, maximum: 4_294_967_295 })),
          /** How long a message may be deferred before who stands in is told; 15. */
          fallbackAfterMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440 })),
          /** Test messages to every contact; 7, null: none. */
          testEveryDays: Days,
          /** How long their confirmation is waited for; 3. */
          confirmWithinDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 60 })),
          /** Signed all-clears to every contact; 7, null: none. */
          allClearEveryDays: Days,
        },
        strict,
      ),
    ),
    /** What boxes with a TPM are held to; absent: none can be enrolled by it, and none is attested. */
    attestation: Type.Optional(
      Type.Object(
        {
          /** Folder of certificates (PEM or DER) of TPM makers: what an endorsement certificate has to lead to. */
          manufacturerRoots: Type.String({ minLength: 1 }),
          /** vkeys (Ed25519 type 0x01, or P-256 type 0x02) that may sign expected values; none: every value is approved by hand. */
          referenceKeys: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { maxItems: 16 })),
          /** Registers that boxes quote, in rising order. */
          pcrs: Type.Optional(
            Type.Array(Type.Integer({ minimum: 0, maximum: 23 }), { minItems: 1, maxItems: 24 }),
          ),
        },
        strict,
      ),
    ),
    /** Address of the pages as contacts reach them; links in messages begin with it. */
    publicUrl: Type.String({ pattern: '^https?://[^\\s/]+(/[^\\s]*)?$' }),
    /** Folder of the built pages; absent where there are none. */
    portalFolder: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  },
  strict,
)

export type Settings = Static<typeof Settings>
