import {
  ProxySettings,
  RelaySettings,
  ReceptionSettings,
  RenewalSettings,
  TimestampingSettings,
  type AuthoritySettings,
} from '@probant/timestamping'
import { WitnessSettings } from '@probant/shipping'
import { Type, type Static } from 'typebox'

/**
 * Every key of PROBANT_CONFIG. Each has a default, so that an empty file is a whole configuration;
 * docs/configuration.md says the same for readers, and a test holds the two together.
 */
const closed = { additionalProperties: false } as const
const name = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' })
const clockTime = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' })
const seconds = Type.Integer({ minimum: 1, maximum: 86_400 })
/** Absolute: it is read by several processes, each in a folder of its own. */
const path = Type.String({ pattern: '^/.' })
/** Authorities outside: as the box reads them, every key optional by itself. */
const outside = TimestampingSettings.properties
const { login } = ProxySettings.properties
const days = Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 366 }), Type.Null()]))
const quota = Type.Optional(Type.Integer({ minimum: 1 }))
const networks = Type.Array(Type.String({ minLength: 2, maxLength: 50 }), {
  minItems: 1,
  maxItems: 200,
})
const mailAddress = Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$', maxLength: 254 })

export const configurationSchema = Type.Object(
  {
    box: Type.Optional(
      Type.Object({ name: Type.Optional(name), contact: Type.Optional(mailAddress) }, closed),
    ),
    centre: Type.Optional(
      Type.Object(
        {
          name: Type.Optional(name),
          contact: Type.Optional(mailAddress),
          alerts: Type.Optional(
            Type.Object(
              {
                tlsRoots: Type.Optional(path),
                clientCertificate: Type.Optional(path),
                clientKey: Type.Optional(path),
                enterpriseNumber: Type.Optional(
                  Type.Integer({ minimum: 1, maximum: 4_294_967_295 }),
                ),
                fallbackAfterMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440 })),
                testEveryDays: days,
                confirmWithinDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 60 })),
                allClearEveryDays: days,
              },
              closed,
            ),
          ),
          quotas: Type.Optional(
            Type.Object(
              {
                segmentsPerDay: quota,
                bytesPerDay: quota,
                findingsPerDay: quota,
                evidenceBytesPerDay: quota,
              },
              closed,
            ),
          ),
          timestamping: Type.Optional(RelaySettings),
          witness: Type.Optional(
            Type.Object(
              {
                host: Type.Optional(Type.String({ minLength: 1 })),
                port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    keys: Type.Optional(
      Type.Object(
        {
          provider: Type.Optional(
            Type.Union([Type.Literal('software'), Type.Literal('pkcs11'), Type.Literal('tpm2')]),
          ),
          tcti: Type.Optional(Type.String({ minLength: 1 })),
          module: Type.Optional(path),
          tokenLabel: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
          tokenSerial: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
          pin: Type.Optional(
            Type.Object(
              {
                credential: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-][\\w.-]*$' })),
                file: Type.Optional(path),
                prompt: Type.Optional(Type.Literal(true)),
              },
              closed,
            ),
          ),
          sessions: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
        },
        closed,
      ),
    ),
    attestation: Type.Optional(
      Type.Object(
        {
          tcti: Type.Optional(Type.String({ minLength: 1 })),
          eventLog: Type.Optional(path),
          pcrs: Type.Optional(
            Type.Array(Type.Integer({ minimum: 0, maximum: 23 }), {
              minItems: 1,
              maxItems: 24,
              uniqueItems: true,
            }),
          ),
          manufacturerRoots: Type.Optional(path),
          intermediates: Type.Optional(Type.Array(path, { maxItems: 8 })),
          referenceKeys: Type.Optional(
            Type.Array(Type.String({ minLength: 1 }), { maxItems: 16, uniqueItems: true }),
          ),
        },
        closed,
      ),
    ),
    journal: Type.Optional(
      Type.Object(
        { sealAfterSeconds: Type.Optional(seconds), idleSealSeconds: Type.Optional(seconds) },
        closed,
      ),
    ),
    witnessing: Type.Optional(
      Type.Object(
        {
          refuseAfterHours: Type.Optional(
            Type.Union([Type.Integer({ minimum: 1, maximum: 8784 }), Type.Null()]),
          ),
          required: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
          witnesses: Type.Optional(Type.Array(WitnessSettings, { maxItems: 15 })),
        },
        closed,
      ),
    ),
    seal: Type.Optional(
      Type.Object(
        {
          required: Type.Optional(Type.Boolean()),
          policies: Type.Optional(
            Type.Array(Type.String({ pattern: '^[0-2](\\.[0-9]{1,20}){1,30}$' }), {
              uniqueItems: true,
              maxItems: 50,
            }),
          ),
        },
        closed,
      ),
    ),
    timestamping: Type.Optional(
      Type.Object(
        {
          keyType: Type.Optional(Type.Union([Type.Literal('ec-p256'), Type.Literal('rsa-3072')])),
          reception: Type.Optional(Type.Union([Type.Literal('internal'), Type.Literal('outside')])),
          receptionFallback: Type.Optional(ReceptionSettings.properties.fallback),
          receptionGapSeconds: Type.Optional(ReceptionSettings.properties.gapSeconds),
          authorities: Type.Optional(outside.authorities),
          quorum: outside.quorum,
          proxy: Type.Optional(
            Type.Object({ url: Type.Optional(ProxySettings.properties.url), login }, closed),
          ),
          clockToleranceSeconds: outside.clockToleranceSeconds,
          intervalSeconds: outside.intervalSeconds,
          limitHours: outside.limitHours,
        },
        closed,
      ),
    ),
    renewal: Type.Optional(RenewalSettings),
    keyEpochs: Type.Optional(
      Type.Object(
        {
          days: Type.Optional(Type.Integer({ minimum: 2, maximum: 30 })),
          overlapDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 15 })),
        },
        closed,
      ),
    ),
    network: Type.Optional(
      Type.Object(
        {
          address: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
          port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
          certificate: Type.Optional(path),
          key: Type.Optional(path),
          allowed: Type.Optional(networks),
          roles: Type.Optional(
            Type.Object(
              {
                user: Type.Optional(networks),
                auditor: Type.Optional(networks),
                'functional-administrator': Type.Optional(networks),
                'technical-administrator': Type.Optional(networks),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    signIn: Type.Optional(
      Type.Object(
        {
          secondFactor: Type.Optional(
            Type.Union([
              Type.Literal('optional'),
              Type.Literal('administrators'),
              Type.Literal('all'),
            ]),
          ),
          passkeyHost: Type.Optional(
            Type.Union([Type.String({ pattern: '^[a-z0-9.-]{1,253}$' }), Type.Null()]),
          ),
          origins: Type.Optional(
            Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), { minItems: 1, maxItems: 10 }),
          ),
        },
        closed,
      ),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          objectBytes: Type.Optional(Type.Integer({ minimum: 1 })),
          objectFiles: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
          metadataBytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 1024 * 1024 })),
          pendingDeposits: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
          uploadsOfOneUser: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
          uploadHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 720 })),
        },
        closed,
      ),
    ),
    heads: Type.Optional(
      Type.Object({ everySeconds: Type.Optional(Type.Union([seconds, Type.Null()])) }, closed),
    ),
    window: Type.Optional(
      Type.Object(
        {
          start: Type.Optional(clockTime),
          end: Type.Optional(clockTime),
          timeZone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
          jitterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
          graceMinutes: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_080 })),
        },
        closed,
      ),
    ),
    mail: Type.Optional(
      Type.Object(
        {
          host: Type.Optional(Type.String({ minLength: 1 })),
          port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
          from: Type.Optional(mailAddress),
        },
        closed,
      ),
    ),
    demo: Type.Optional(Type.Object({ documents: Type.Optional(Type.Boolean()) }, closed)),
  },
  closed,
)

export type ConfigurationFile = Static<typeof configurationSchema>

const MEBIBYTE = 1024 * 1024

/** Names that a new installation takes where the file gives none. */
export const firstNames = { box: 'demo', centre: 'centre' }

const defaults = {
  box: {},
  centre: { contact: 'supervision@demo.example' },
  keys: { provider: 'software' as 'software' | 'pkcs11' | 'tpm2' },
  journal: { sealAfterSeconds: 60, idleSealSeconds: 3600 },
  witnessing: {
    refuseAfterHours: null as number | null,
    required: 1,
    witnesses: [] as WitnessSettings[],
  },
  seal: { required: false, policies: [] as string[] },
  timestamping: {
    keyType: 'ec-p256' as 'ec-p256' | 'rsa-3072',
    reception: 'internal' as 'internal' | 'outside',
    receptionFallback: 'refuse' as 'refuse' | 'internal',
    receptionGapSeconds: 1,
    authorities: [] as AuthoritySettings[],
  },
  keyEpochs: { days: 30, overlapDays: 2 },
  signIn: {
    secondFactor: 'optional' as 'optional' | 'administrators' | 'all',
    passkeyHost: 'localhost' as string | null,
    origins: undefined as string[] | undefined,
  },
  limits: {
    objectBytes: 16 * 1024 * MEBIBYTE,
    objectFiles: 100,
    metadataBytes: 64 * 1024,
    pendingDeposits: 256,
    uploadsOfOneUser: 32,
    uploadHours: 24,
  },
  heads: { everySeconds: 60 as number | null },
  window: {
    start: '22:00',
    end: '05:00',
    timeZone: 'Europe/Paris',
    jitterSeconds: 1800,
    graceMinutes: 60,
  },
  mail: { from: 'probant@demo.example' },
  demo: { documents: true },
}

/** What an installation works with: the file's keys over the defaults. */
export type Configuration = ReturnType<typeof withDefaults>

export function withDefaults(file: ConfigurationFile) {
  return {
    box: { ...defaults.box, ...file.box },
    centre: { ...defaults.centre, ...file.centre },
    keys: { ...defaults.keys, ...file.keys },
    /** Undefined: nothing attests the machine, and no TPM is touched. */
    attestation: file.attestation,
    journal: { ...defaults.journal, ...file.journal },
    witnessing: { ...defaults.witnessing, ...file.witnessing },
    seal: { ...defaults.seal, ...file.seal },
    timestamping: { ...defaults.timestamping, ...file.timestamping },
    /** Undefined: 90 days before the end, no algorithm retired. */
    renewal: file.renewal,
    keyEpochs: { ...defaults.keyEpochs, ...file.keyEpochs },
    /** Undefined: portal and API on the loopback alone. */
    network: file.network,
    signIn: { ...defaults.signIn, ...file.signIn },
    limits: { ...defaults.limits, ...file.limits },
    heads: { ...defaults.heads, ...file.heads },
    window: { ...defaults.window, ...file.window },
    /** Without a host, mails go to the sink that the installation runs itself. */
    mail: { ...defaults.mail, ...file.mail },
    demo: { ...defaults.demo, ...file.demo },
  }
}
