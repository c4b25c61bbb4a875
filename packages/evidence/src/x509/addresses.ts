import { CRLDistributionPoints, GeneralName, type DistributionPoint, type Extension } from 'pkijs'
import { contentOf } from './extension.ts'

const distributionPoints = '2.5.29.31'

/** URIs of a certificate's revocation lists (RFC 5280 section 4.2.1.13); what can't be read is as if it weren't there. */
export function revocationListsIn(extensions: readonly Extension[]): string[] {
  const extension = extensions.find((each) => each.extnID === distributionPoints)
  const points = extension === undefined ? [] : pointsIn(extension)
  return points.flatMap(({ distributionPoint, reasons, cRLIssuer }) =>
    // For some reasons only, or by another issuer: says too little.
    reasons === undefined && cRLIssuer === undefined ? urisOf(distributionPoint) : [],
  )
}

function pointsIn(extension: Extension): readonly DistributionPoint[] {
  try {
    return CRLDistributionPoints.fromBER(contentOf(extension)).distributionPoints
  } catch {
    return []
  }
}

/** The addresses (uniformResourceIdentifier) among the names of a distribution point. */
export function urisOf(point: unknown): string[] {
  const names: unknown[] = Array.isArray(point) ? point : []
  return names.flatMap((name) => {
    const uri: unknown = name instanceof GeneralName && name.type === 6 ? name.value : undefined
    return typeof uri === 'string' ? [uri] : []
  })
}
