import type { ArchiveProof } from './archive-proof.ts'
import { depositorOf } from './deposit.ts'
import { endedCertificates } from './ended-certificates.ts'
import type { ExtrasCheck } from './extras.ts'
import type { BundleJournal } from './journal.ts'
import type { BundleFacts, NotProved } from './report.ts'

/** What the bundle says, to be believed as far as the checks went. */
export function bundleFacts(
  archive: ArchiveProof,
  journal: BundleJournal,
  atMs: number | undefined,
): BundleFacts {
  const { box, vault, object, receivedAt } = archive.statement
  const { genTime, authority = '', isIndependent } = archive.parts.token
  const { checkpoint, cosigned, audited, openings, hasMetadata, traces } = journal
  const datings = journal.dating?.datings ?? []
  const isDated = datings.some(({ status }) => status === 'valid')
  return {
    box,
    origin: checkpoint.origin,
    vault,
    object,
    documents: archive.documents,
    receivedAt,
    token: genTime === undefined ? null : { genTime, authority, isIndependent },
    seals: archive.parts.seals.flatMap(({ verdict: { status }, subject, issuer }) =>
      subject === undefined || issuer === undefined ? [] : [{ status, subject, issuer }],
    ),
    state: isDated ? 'dated' : cosigned.witnesses.length > 0 ? 'witnessed' : 'accepted',
    datings,
    isDatedBySha3: journal.dating?.isDatedBySha3 ?? false,
    ended: endedCertificates(atMs, archive, journal),
    witnesses: cosigned.witnesses,
    checkpointSize: checkpoint.size,
    audit: audited.audit,
    depositor: depositorOf(openings),
    hasMetadata,
    traces: traces.facts,
  }
}

/** What even a valid answer leaves open. */
export function notProved(
  { documents, parts }: ArchiveProof,
  { cosigned, audited, traces }: BundleJournal,
  { blocks, script, hasAttestation }: ExtrasCheck,
  isAnyRetired: boolean,
): NotProved[] {
  const open: [boolean, NotProved][] = [
    [documents.some((document) => document.compared === null), 'document-not-compared'],
    [cosigned.witnesses.length === 0, 'no-witness'],
    [!parts.token.isIndependent, 'time-is-the-boxes-claim'],
    [parts.seals.some((seal) => seal.verdict.status === 'cannot-tell'), 'seal-not-checked'],
    [audited.audit !== null && !audited.isRootCompared, 'audit-root-not-compared'],
    [blocks.notChecked.length > 0, 'blocks-not-checked'],
    [blocks.ignored.length > 0, 'blocks-ignored'],
    [script.status !== 'valid', 'script-not-published'],
    [isAnyRetired && traces.facts.length > 1, 'later-acts-rest-on-retired'],
    [hasAttestation, 'attestation-is-the-boxes-word'],
    [true, 'revocation-not-checked'],
    [true, 'who-the-depositor-is'],
    [true, 'truth-of-the-content'],
    [true, 'what-happened-later'],
  ]
  return open.filter(([isOpen]) => isOpen).map(([, name]) => name)
}
