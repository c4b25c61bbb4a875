import { ProxySettings } from '@probant/timestamping'
import { Type, type Static } from 'typebox'

/** A witness beside the centre, which takes heads over HTTP (C2SP tlog-witness). */
export const WitnessSettings = Type.Object(
  {
    /** How it is called in status and figures. */
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }),
    /** Its submission prefix: `add-checkpoint` stands below. */
    url: Type.String({ pattern: '^https?://[^\\s/@]+(/\\S*)?$', maxLength: 2000 }),
    /** vkeys (types 0x04 and 0x06) whose cosignatures count, all under one name. */
    keys: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 4 }),
    /** PEM file with the roots of its web server, where the machine's own don't know it. */
    tlsRoots: Type.Optional(Type.String({ pattern: '^/.' })),
    proxy: Type.Optional(ProxySettings),
    /** For one answer; 20 by default. */
    timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 300 })),
  },
  { additionalProperties: false },
)
export type WitnessSettings = Static<typeof WitnessSettings>
