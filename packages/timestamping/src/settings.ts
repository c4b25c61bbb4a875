import { Type, type Static } from 'typebox'

const closed = { additionalProperties: false } as const
const path = Type.String({ pattern: '^/.' })
const address = Type.String({ pattern: '^https?://[^\\s/@]+(/\\S*)?$', maxLength: 2000 })

/** Where a user name and password come from, as one line `name:password`: never the settings themselves. */
export const LoginSource = Type.Object(
  {
    /** A credential of the service manager: the file `$CREDENTIALS_DIRECTORY/NAME`. */
    credential: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-][\\w.-]*$' })),
    /** A file that only its owner may read. */
    file: Type.Optional(path),
  },
  closed,
)
export type LoginSource = Static<typeof LoginSource>

/** An authority outside. */
export const AuthoritySettings = Type.Object(
  {
    /** How it is called in reports and the journal. */
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }),
    /** Where it answers; instead of `via`. */
    url: Type.Optional(address),
    /** The supervision centre asks the authority of this name in its own settings. */
    via: Type.Optional(Type.Literal('supervisor')),
    /** PEM file with the roots that its certificates must lead to. */
    roots: path,
    /** OIDs of accepted policies; the first is asked for. None: any. */
    policies: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-2](\\.[0-9]{1,20}){1,30}$' }), { maxItems: 20 }),
    ),
    login: Type.Optional(LoginSource),
    /** PEM file with the roots of its web server, where the machine's own don't know it. */
    tlsRoots: Type.Optional(path),
    /** `none` for an authority that publishes nothing about revoked certificates; `required` by default. */
    revocation: Type.Optional(Type.Union([Type.Literal('required'), Type.Literal('none')])),
    /** For one answer; 20 by default, 900 by way of the centre. */
    timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 3600 })),
  },
  closed,
)
export type AuthoritySettings = Static<typeof AuthoritySettings>

/** The authorities that a centre asks for boxes that name them. */
export const RelaySettings = Type.Object(
  {
    authorities: Type.Array(AuthoritySettings, { minItems: 1, maxItems: 10 }),
    proxy: Type.Optional(Type.Object({ url: address, login: Type.Optional(LoginSource) }, closed)),
    /** Requests that one box may make in a day of UTC; 200 by default. */
    perBoxDaily: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  },
  closed,
)
export type RelaySettings = Static<typeof RelaySettings>

/** The HTTP proxy through which everything goes. */
export const ProxySettings = Type.Object(
  { url: address, login: Type.Optional(LoginSource) },
  closed,
)
export type ProxySettings = Static<typeof ProxySettings>

/** Which authorities are asked, and how often. */
export const TimestampingSettings = Type.Object(
  {
    /** In the order in which they are asked. */
    authorities: Type.Array(AuthoritySettings, { maxItems: 10 }),
    /** From how many of them a token is needed; 1 by default. */
    quorum: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
    proxy: Type.Optional(ProxySettings),
    /** How far an authority's time may be from the box's clock; 300 by default. */
    clockToleranceSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    /** Between two tokens while there are new receipts to date; 3600 by default. */
    intervalSeconds: Type.Optional(Type.Integer({ minimum: 10, maximum: 86_400 })),
    /** Longest time without a token, receipts or not; 24 by default, the most that NF Z42-013 allows. */
    limitHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 24 })),
  },
  closed,
)
export type TimestampingSettings = Static<typeof TimestampingSettings>

/** Where reception tokens come from that aren't the box's own. */
export const ReceptionSettings = Type.Object(
  {
    /** While no authority gives one: no deposits, or the box's own tokens. */
    fallback: Type.Union([Type.Literal('refuse'), Type.Literal('internal')]),
    /** At least between two requests for tokens; batches grow meanwhile. */
    gapSeconds: Type.Number({ minimum: 0, maximum: 60 }),
  },
  closed,
)
export type ReceptionSettings = Static<typeof ReceptionSettings>

/** A day, as from its beginning in UTC. */
const day = Type.Optional(
  Type.String({ pattern: '^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' }),
)

/** When tokens are renewed. */
export const RenewalSettings = Type.Object(
  {
    /** Days before an end from which on they are; 90 by default. */
    leadDays: Type.Optional(Type.Integer({ minimum: 7, maximum: 1825 })),
    /** From when on a digest or a signature scheme proves nothing any more. */
    retired: Type.Optional(
      Type.Object(
        {
          sha256: day,
          sha384: day,
          sha512: day,
          'sha3-512': day,
          rsa: day,
          'ecdsa-p256': day,
          'ecdsa-p384': day,
          'ecdsa-p521': day,
          ed25519: day,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type RenewalSettings = Static<typeof RenewalSettings>
