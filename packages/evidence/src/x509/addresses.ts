import { CRLDistributionPoints, GeneralName, InfoAccess, type Extension } from 'pkijs'

const id = {
  distributionPoints: '2.5.29.31',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  ocsp: '1.3.6.1.5.5.7.48.1',
} as const

/** Where to ask whether a certificate was revoked, as it says itself. */
export interface RevocationAddresses {
  /** URIs of revocation lists (RFC 5280 section 4.2.1.13). */
  readonly lists: readonly string[]
  /** URIs of OCSP responders (section 4.2.2.1). */
  readonly responders: readonly string[]
}

/** Reads them; what can't be read is as if it weren't there. */
export function addressesIn(extensions: readonly Extension[]): RevocationAddresses {
  const points = parsed(extensions, id.distributionPoints, (der) =>
    CRLDistributionPoints.fromBER(der),
  )
  const access = parsed(extensions, id.authorityInfoAccess, (der) => InfoAccess.fromBER(der))
  return {
    lists: (points?.distributionPoints ?? []).flatMap(({ distributionPoint, reasons, cRLIssuer }) =>
      // For some reasons only, or by another issuer: says too little.
      reasons === undefined && cRLIssuer === undefined ? urisOf(distributionPoint) : [],
    ),
    responders: (access?.accessDescriptions ?? []).flatMap(({ accessMethod, accessLocation }) =>
      accessMethod === id.ocsp ? uriOf(accessLocation) : [],
    ),
  }
}

function parsed<T>(
  extensions: readonly Extension[],
  oid: string,
  read: (der: Uint8Array<ArrayBuffer>) => T,
): T | undefined {
  const extension = extensions.find((each) => each.extnID === oid)
  if (extension === undefined) return undefined
  try {
    return read(new Uint8Array(extension.extnValue.valueBlock.valueHexView))
  } catch {
    return undefined
  }
}

/** The addresses among the names of a distribution point. */
export function urisOf(point: unknown): string[] {
  const names: unknown[] = Array.isArray(point) ? point : []
  return names.flatMap((name) => (name instanceof GeneralName ? uriOf(name) : []))
}

/** The address in a name that is one (uniformResourceIdentifier). */
function uriOf({ type, value }: GeneralName): string[] {
  const text: unknown = value
  return type === 6 && typeof text === 'string' ? [text] : []
}
