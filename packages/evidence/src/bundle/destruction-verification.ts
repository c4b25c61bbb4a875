import { checkBlocks } from '../blocks.ts'
import { fromBase64, fromUtf8 } from '../bytes.ts'
import { parseCheckpoint } from '../checkpoint.ts'
import { openingMatches, parseCommitment, type Opening } from '../commitment.ts'
import type { Hashing } from '../crypto.ts'
import { timeMs } from '../members.ts'
import { parseNote } from '../note.ts'
import { parseTrace, type Trace } from '../trace.ts'
import { cannotTell, invalid, valid, verdictOf, type Verdict } from '../verdict.ts'
import { boxVerdict } from './archive-proof.ts'
import { parseGrounds } from './destruction.ts'
import { checkAuditReceipt, checkCheckpoint, checkCosignatures } from './heads.ts'
import { entryName, traceName } from './names.ts'
import type { BundleReport, DestructionFact, NotProved } from './report.ts'
import { checkRetiredForDestruction } from './retired-algorithms.ts'
import { readEntry, readIfListed } from './source.ts'
import { checkTraces, type TracesCheck } from './traces.ts'
import type { BundleOptions, BundleUnderCheck } from './under-check.ts'

/** What a proof of destruction shows (formats.md section 23); undefined where there isn't enough to read. */
export async function verifyDestruction(
  bundle: BundleUnderCheck,
  { requireWitnesses = 0, document }: BundleOptions,
): Promise<Omit<BundleReport, 'verdict' | 'at' | 'checks'>> {
  const { crypto, source, manifest, anchors, checks } = bundle
  const box = boxVerdict(manifest.box, anchors, 'manifest.json')
  checks.add('box', box, box.status === 'invalid')
  if (document !== undefined)
    checks.add('documents', cannotTell('any digest: a proof of destruction holds none'))

  checks.begin('inclusion')
  const checkpointNote = fromUtf8(await readEntry(source, entryName.checkpoint))
  const note = parseNote(checkpointNote)
  const checkpoint = parseCheckpoint(note.text)
  const traces = await checkTraces(crypto, source, manifest, checkpoint, checkpointNote)
  const { deposit } = traces
  checks.add('deposit-trace', deposit === undefined ? traces.verdict : depositVerdict(deposit))
  checks.add('inclusion', traces.verdict)

  checks.begin('destruction')
  const grounds = parseGrounds(await readEntry(source, entryName.openings))
  const trace = await destructionTrace(bundle, traces)
  // A trace of a later format may be the one that is looked for.
  const isUntold = trace === undefined && traces.verdict.status === 'cannot-tell'
  checks.end(isUntold ? traces.verdict : destructionVerdict(crypto, trace, grounds))

  checks.begin('checkpoint')
  checks.end(await checkCheckpoint(crypto, note, checkpoint, anchors))
  checks.begin('cosignatures')
  const cosigned = await checkCosignatures(crypto, note, anchors, requireWitnesses)
  checks.end(cosigned.verdict, requireWitnesses > 0 || cosigned.verdict.status === 'invalid')
  checks.begin('audit-receipt')
  const receipt = await readIfListed(source, manifest, entryName.auditReceipt)
  const audited = await checkAuditReceipt(
    crypto,
    receipt && fromUtf8(receipt),
    checkpoint,
    traces.lastSeq,
    anchors,
  )
  checks.end(audited.verdict, audited.verdict.status === 'invalid')
  // What the manifest's blocks of known types are about, a LAT and tokens, isn't here.
  const blocks = checkBlocks(traces.blocks, manifest.blocks)
  checks.add('blocks', blocks.verdict)
  const algorithms = checkRetiredForDestruction(anchors, bundle.atMs)
  if (algorithms !== undefined) checks.add('algorithms', algorithms)

  const open: [boolean, NotProved][] = [
    [cosigned.witnesses.length === 0, 'no-witness'],
    [audited.audit !== null && !audited.isRootCompared, 'audit-root-not-compared'],
    [blocks.notChecked.length > 0, 'blocks-not-checked'],
    [blocks.ignored.length > 0, 'blocks-ignored'],
    [true, 'copies-elsewhere'],
    [true, 'what-happened-later'],
  ]
  const { box: boxId, vault, object } = manifest
  return {
    facts: {
      ...{ box: boxId, vault, object, origin: checkpoint.origin, documents: [] },
      receivedAt: deposit?.time ?? '',
      token: null,
      seals: [],
      state: cosigned.witnesses.length > 0 ? 'witnessed' : 'accepted',
      ...{ datings: [], isDatedBySha3: false, ended: [] },
      witnesses: cosigned.witnesses,
      checkpointSize: checkpoint.size,
      audit: audited.audit,
      ...{ depositor: null, hasMetadata: false },
      ...(trace === undefined ? {} : { destruction: factOf(trace, grounds) }),
      traces: traces.facts,
    },
    notProved: open.filter(([isOpen]) => isOpen).map(([, name]) => name),
    ignoredBlocks: blocks.ignored,
    blocksNotChecked: blocks.notChecked,
  }
}

function depositVerdict(trace: Trace): Verdict {
  const where = 'traces'
  if (trace.act === 'deposit' && trace.outcome === 'done') return valid
  return invalid('bad-deposit-trace', 'the first trace is not the deposit of this object', where)
}

async function destructionTrace(
  { source }: BundleUnderCheck,
  { facts }: TracesCheck,
): Promise<Trace | undefined> {
  const seq = facts.find(({ act, outcome }) => act === 'destroy' && outcome === 'done')?.seq
  return seq === undefined ? undefined : parseTrace(await readEntry(source, traceName(seq)))
}

function destructionVerdict(
  hashing: Hashing,
  trace: Trace | undefined,
  grounds: Opening | null,
): Verdict {
  if (trace === undefined)
    return invalid('no-destruction', 'no trace states that this object was destroyed', 'traces')
  const where = traceName(trace.seq)
  if (grounds === null) return valid
  try {
    const commitment = parseCommitment(trace.data['grounds'] ?? null, where)
    return grounds.field === 'grounds' && openingMatches(hashing, commitment, grounds)
      ? valid
      : invalid('bad-opening', 'the reason is not what the trace commits to', where)
  } catch (error) {
    return verdictOf(error)
  }
}

function factOf({ seq, time, data }: Trace, grounds: Opening | null): DestructionFact {
  const { lastCopyExpires } = data
  const isTime = typeof lastCopyExpires === 'string' && timeMs(lastCopyExpires) !== undefined
  return {
    ...{ seq, time },
    reason: grounds === null ? null : fromUtf8(fromBase64(grounds.value)),
    lastCopyExpires: isTime ? lastCopyExpires : null,
  }
}
