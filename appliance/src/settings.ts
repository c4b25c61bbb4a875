import { KeySettings } from '@probant/keys'
import { ReceptionSettings, RenewalSettings, TimestampingSettings } from '@probant/timestamping'
import { Type, type Static } from 'typebox'

const strict = { additionalProperties: false } as const
const login = Type.Object({ user: Type.String(), password: Type.String() }, strict)
const address = Type.Object(
  { host: Type.String(), port: Type.Integer({ minimum: 0, maximum: 65535 }) },
  strict,
)

const cidrs = Type.Array(Type.String({ minLength: 2, maxLength: 50 }), {
  minItems: 1,
  maxItems: 200,
})

const NetworkSettings = Type.Object(
  {
    host: Type.String(),
    port: Type.Integer({ minimum: 0, maximum: 65535 }),
    /** PEM files: the certificate with those between it and its root, and its key. */
    certificate: Type.String({ minLength: 1 }),
    key: Type.String({ minLength: 1 }),
    /** Networks from which connections are taken at all, in CIDR notation. */
    allowed: cidrs,
    /** Networks from which people with a role may use it; absent: all those allowed. */
    roles: Type.Optional(
      Type.Object(
        {
          user: Type.Optional(cidrs),
          auditor: Type.Optional(cidrs),
          'functional-administrator': Type.Optional(cidrs),
          'technical-administrator': Type.Optional(cidrs),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type NetworkSettings = Static<typeof NetworkSettings>

/** The settings file of a box's vault service, written by provisioning. */
export const ApplianceSettings = Type.Object(
  {
    boxId: Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }),
    name: Type.String({ minLength: 1 }),
    /** Origin of the journal: box and incarnation. */
    origin: Type.String({ pattern: '^[A-Za-z0-9./-]{1,200}$' }),
    /** Absolute path of the folder with files, keys' public parts and state. */
    home: Type.String({ minLength: 1 }),
    database: Type.Object(
      {
        socketFolder: Type.String(),
        port: Type.Integer(),
        database: Type.String(),
        owner: login,
        service: login,
      },
      strict,
    ),
    listen: address,
    /** Portal and API beyond the loopback, over TLS; absent: they aren't there. */
    network: Type.Optional(NetworkSettings),
    administration: address,
    /** Unix socket for the agent; readable by the box's own user only. */
    localSocket: Type.String({ minLength: 1, maxLength: 107 }),
    keys: KeySettings,
    /** Null until the box is enrolled at a supervision centre. */
    centre: Type.Union([
      Type.Null(),
      Type.Object({ witnessKeys: Type.Array(Type.String()), auditKey: Type.String() }, strict),
    ]),
    journal: Type.Object(
      {
        sealAfterSeconds: Type.Integer({ minimum: 1 }),
        idleSealSeconds: Type.Integer({ minimum: 1 }),
      },
      strict,
    ),
    /** Absent: deposits go on however long no witness was reached. */
    witnessing: Type.Optional(
      Type.Object(
        {
          /** Deposits are refused once the oldest unwitnessed act is older; null: never. */
          refuseAfterHours: Type.Union([Type.Null(), Type.Integer({ minimum: 1 })]),
          /** Different witnesses who have to cosign one checkpoint, the centre among them, for what it covers to be witnessed; 1 by default. */
          required: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
          /** vkeys of witnesses beside the centre. */
          keys: Type.Optional(Type.Array(Type.String())),
        },
        strict,
      ),
    ),
    /** The client's seal certificate; absent: not required, of any class. */
    seal: Type.Optional(
      Type.Object(
        {
          /** Whether deposits are refused while no certificate is in force. */
          required: Type.Boolean(),
          /** OIDs of accepted certificate policies; none: any. */
          policies: Type.Array(Type.String({ pattern: '^[0-2](\\.[0-9]{1,20}){1,30}$' })),
        },
        strict,
      ),
    ),
    /** The box's own time-stamping authority; absent: its keys are EC P-256. */
    timestamping: Type.Optional(
      Type.Object(
        {
          /** Of the keys that are made; those that are there stay. */
          keyType: Type.Union([Type.Literal('ec-p256'), Type.Literal('rsa-3072')]),
        },
        strict,
      ),
    ),
    /** Reception tokens by the authorities outside of `dating`; absent: by the box's own. */
    reception: Type.Optional(ReceptionSettings),
    /** Absent: 30 days, 2 of them beside the next. */
    keyEpochs: Type.Optional(
      Type.Object(
        {
          /** Days from the beginning of an epoch to the destruction of its key. */
          days: Type.Integer({ minimum: 2, maximum: 30 }),
          /** The last of them, in which the next epoch has begun already. */
          overlapDays: Type.Integer({ minimum: 1, maximum: 15 }),
        },
        strict,
      ),
    ),
    /** Authorities outside that date the journal; absent: none. */
    dating: Type.Optional(TimestampingSettings),
    /** When evidence is renewed; absent: 90 days before its end, no algorithm retired. */
    renewal: Type.Optional(RenewalSettings),
    /** Absent: a second factor is everybody's own choice, and there are no passkeys. */
    signIn: Type.Optional(
      Type.Object(
        {
          /** Whose portal sessions need a second factor. */
          secondFactor: Type.Union([
            Type.Literal('optional'),
            Type.Literal('administrators'),
            Type.Literal('all'),
          ]),
          /** The portal's host name, which passkeys are bound to for good; null: none. IP addresses can't have any. */
          passkeyHost: Type.Union([Type.Null(), Type.String({ pattern: '^[a-z0-9.-]{1,253}$' })]),
          /** Addresses under which browsers open the portal. */
          origins: Type.Array(Type.String({ pattern: '^https?://[^/]+$' })),
        },
        strict,
      ),
    ),
    limits: Type.Object(
      {
        /** Of all files of an object together. */
        objectBytes: Type.Integer({ minimum: 1 }),
        /** Files of one object; absent: 100. */
        objectFiles: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
        metadataBytes: Type.Integer({ minimum: 256 }),
        /** Deposits under way at once; more are told to come back. */
        pendingDeposits: Type.Integer({ minimum: 1 }),
        /** Uploads under way of one user; absent: 32. */
        uploadsOfOneUser: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
        /** From an upload's beginning to its removal; absent: 24. */
        uploadHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 24 * 30 })),
      },
      strict,
    ),
    /** Built portal; null serves the API alone. */
    portalFolder: Type.Union([Type.Null(), Type.String()]),
  },
  strict,
)
export type ApplianceSettings = Static<typeof ApplianceSettings>
