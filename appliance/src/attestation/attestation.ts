import { CODE_SIZE, timeline, TIMELINE_HEIGHT, type Draw } from './drawings.ts'
import type { AttestationFacts } from './facts.ts'
import { Sheet } from './sheet.ts'
import type { AttestationWords } from './words.ts'

/** So many acts are told; a document that was read more often has the rest in its traces. */
const MAX_ACTS = 200

/** The attestation of one object as a PDF/A-2b file: what its bundle says, for people. Deterministic. */
export function attestation(
  facts: AttestationFacts,
  words: AttestationWords,
  drawnCode: Draw,
): Promise<Uint8Array> {
  const time = new Date(facts.traces.at(-1)?.time ?? facts.receivedAt)
  const sheet = new Sheet({ title: words.title, language: words.language, time })
  sheet.title(words.title)
  sheet.paragraph(words.lead)
  sheet.paragraph(words.caution, { isBold: true })
  tellDocument(sheet, facts, words)
  tellDates(sheet, facts, words)
  tellHistory(sheet, facts, words)
  sheet.heading(words.verify)
  sheet.steps(words.steps)
  sheet.heading(words.code)
  sheet.paragraph(words.codeLead)
  sheet.figure(words.codeAlt, CODE_SIZE, drawnCode)
  return sheet.finish((page, of) => `${words.title} – ${facts.object} – ${words.page(page, of)}`)
}

/** What the QR code holds: a line each, in ASCII. */
export function codeText({ box, vault, object, receivedAt, files }: AttestationFacts): string {
  const digests = files.flatMap(({ sha256, sha3 }) => [`sha256 ${sha256}`, `sha3-256 ${sha3}`])
  return [
    'probant-attestation 1',
    ...[`box ${box}`, `vault ${vault}`, `object ${object}`, `received ${receivedAt}`],
    // A code holds the digests of a few files; the sheet has all of them.
    ...digests.slice(0, 4),
  ].join('\n')
}

function tellDocument(sheet: Sheet, facts: AttestationFacts, words: AttestationWords): void {
  sheet.heading(words.document)
  sheet.pairs([
    [words.name, facts.title ?? words.untitled],
    ...facts.files.flatMap(({ size, mediaType, sha256, sha3 }): [string, string][] => [
      [words.format, `${mediaType}, ${words.size(words.number(size))}`],
      [words.fingerprint('SHA-256'), sha256],
      [words.fingerprint('SHA3-256'), sha3],
    ]),
  ])
  sheet.heading(words.place)
  sheet.pairs([
    [words.box, facts.box],
    [words.vault, facts.vault],
    [words.object, facts.object],
    [words.depositor, facts.depositor ?? words.erased],
  ])
}

function tellDates(sheet: Sheet, facts: AttestationFacts, words: AttestationWords): void {
  sheet.heading(words.when)
  sheet.pairs([
    [words.received, words.time(facts.receivedAt)],
    [words.sealed, words.time(facts.token.time)],
    ...facts.cosignatures.map(({ name, time }): [string, string] => [
      words.witnessed(name),
      words.time(time),
    ]),
    ...facts.datings.map(({ time }): [string, string] => [words.dated, words.time(time)]),
  ])
  if (facts.cosignatures.length === 0) sheet.paragraph(words.notWitnessed)
}

function tellHistory(sheet: Sheet, facts: AttestationFacts, words: AttestationWords): void {
  const { traces, journal } = facts
  const shown = traces.slice(0, MAX_ACTS)
  const [first = facts.receivedAt, last = first] = [shown.at(0)?.time, shown.at(-1)?.time]
  sheet.heading(words.history)
  sheet.paragraph(words.historyLead(journal.origin, words.number(journal.size)))
  const said = words.timeline(words.number(shown.length), words.time(first), words.time(last))
  sheet.figure(said, TIMELINE_HEIGHT, timeline(shown))
  sheet.paragraph(said, { isSoft: true })
  sheet.table(
    words.columns,
    shown.map(({ seq, time, act, outcome }) => [
      String(seq),
      words.time(time),
      words.acts[act] ?? act,
      words.outcomes[outcome] ?? outcome,
    ]),
    [60, 150, 190, 83],
  )
  const more = traces.length - shown.length
  if (more > 0) sheet.paragraph(words.more(words.number(more)))
}
