import type { Words } from './words.ts'

export const english: Words = {
  answer: {
    valid: 'VALID',
    invalid: 'INVALID',
    unusable: 'UNUSABLE INPUT',
    'cannot-tell': "CAN'T TELL",
  },
  headings: {
    checks: 'What was checked',
    facts: 'What the bundle shows',
    notProved: 'What it does not prove',
    answer: 'Answer',
  },
  status: { valid: 'ok', invalid: 'INVALID', 'cannot-tell': "can't tell" },
  check: {
    entries: 'entries: known, unique, listed',
    'entry-digests': 'digest of every entry',
    manifest: 'manifest against the archive proof',
    statement: 'statement: complete and consistent',
    box: 'the box is one of those given',
    documents: 'documents: SHA-256, SHA3-256, size',
    'lat-tree': "archive proof: path to the batch's root",
    'lat-token': 'archive proof: time-stamp token and its authority',
    'lat-signature': "archive proof: the box's signature",
    'lat-seal': "archive proof: the seal of the client's certificate",
    openings: 'openings of depositor and metadata',
    'deposit-trace': 'the deposit trace commits to this archive proof',
    inclusion: 'traces under the checkpoint',
    checkpoint: "the checkpoint's signature by the journal",
    cosignatures: 'cosignatures by witnesses',
    'audit-receipt': 'audit receipt of the supervision centre',
    dating: 'time-stamp of the journal by an authority outside',
    renewal: 'evidence records that renewed the time-stamps from outside',
    blocks: 'extensions (blocks)',
    'verify-script': 'verify.sh is the published one',
    algorithms: 'what rests on retired algorithms was dated before',
    destruction: 'the journal states the destruction of this object, and why',
  },
  missing: {
    entries: 'a later format of the bundle',
    'entry-digests': 'an entry',
    manifest: 'a later format of the archive proof',
    statement: 'a later format of the statement',
    box: 'box.txt among the anchors',
    documents: 'the documents',
    'lat-tree': 'the tree',
    'lat-token':
      'a root of the time-stamping authority (tsa.pem, or outside-tsa.pem for one outside), or a way to check it',
    'lat-signature': "the box's LAT key (lat.pem)",
    'lat-seal': "a root of the seal certificate's authority (seal.pem), or a way to check it",
    openings: 'openings',
    'deposit-trace': 'the opening of the deposit trace, which was erased',
    inclusion: 'a later format of a trace',
    checkpoint: "the journal's key for this origin (journal.vkeys)",
    cosignatures:
      'cosignatures by as many witnesses as are asked for, at least one, whose keys were given (witness.vkeys)',
    'audit-receipt': 'an audit receipt under a key that was given (audit.vkeys)',
    dating:
      'a root of the authority outside (outside-tsa.pem), a renewal in time, or a way to check its token',
    renewal: 'a renewal in time, a root of its authority (outside-tsa.pem), or a way to check it',
    blocks: 'a way to check a critical extension',
    'verify-script': 'the digest of the published verify.sh (release.sha256)',
    algorithms: 'evidence from before that does not rest on the retired algorithms',
    destruction: 'the reason, which was erased',
  },
  notProved: {
    'document-not-compared':
      'that you hold the document: it is not in the bundle and was not given (--document)',
    'no-witness': 'that anybody but the box saw this journal: no cosignature by a given witness',
    'time-is-the-boxes-claim':
      'the time of reception from outside: it is the box that states it, a witness or an authority outside only that it was not later than what they signed',
    'seal-not-checked':
      'that the seal is by whom it names: its authority was not given, or the seal could not be checked',
    'audit-root-not-compared':
      'that the audit receipt is of the same journal content: it is of another size, so its root was not compared',
    'blocks-not-checked': 'what extensions say that this version does not check',
    'blocks-ignored': 'what unknown extensions say',
    'script-not-published': 'that verify.sh in the bundle is the published one: do not rely on it',
    'later-acts-rest-on-retired':
      'that the acts after the deposit are in the journal: that rests on a retired algorithm',
    'attestation-is-the-boxes-word':
      'what attestation.fr.pdf and attestation.en.pdf say: they are the box’s own account',
    'revocation-not-checked':
      'that a certificate of the time-stamping authority or of a seal had not been revoked',
    'who-the-depositor-is': 'who stands behind the identifier of the depositor',
    'truth-of-the-content': 'that what the document says is true',
    'what-happened-later': 'what happened after the checkpoint',
    'copies-elsewhere':
      'that nobody kept a copy: what was read out before stays with who read it, and a backup of the keys opens until the time stated',
    completeness: 'that the selection is complete: nobody signed the list of a collection',
    omissions: 'what is said to be missing: that is the box’s own account',
  },
  fact: {
    document: (n, size, type) => `${n}: ${size} bytes, ${type}`,
    compared: {
      bundle: 'compared with the copy in the bundle',
      given: 'compared with the file given',
      none: 'NOT COMPARED: not in the bundle and not given',
    },
    receivedAt: (time) => `received at ${time} (the box's own claim)`,
    token: (time, authority, isIndependent) =>
      `time-stamped at ${time} by ${authority} (${isIndependent ? 'independent of the box' : 'as independent as that authority is of the box'})`,
    sealed: {
      valid: (subject, issuer) => `sealed by ${subject}, as certified by ${issuer}`,
      invalid: (subject, issuer) => `seal that names ${subject} (of ${issuer}): NOT VALID`,
      'cannot-tell': (subject, issuer) =>
        `seal that names ${subject} (of ${issuer}): NOT CHECKED, that authority was not given or can't be checked`,
    },
    witnessed: (time, name, algorithm) =>
      `witnessed at ${time} by ${name}, ${algorithm} (independent of the box)`,
    dated: {
      valid: (time, authority) =>
        `dated at ${time} by ${authority}: all of this existed by then (independent of the box)`,
      invalid: (time, authority) => `time-stamp of ${time} that names ${authority}: NOT VALID`,
      'cannot-tell': (time, authority) =>
        `time-stamp of ${time} that names ${authority}: NOT ESTABLISHED, see the check above`,
    },
    renewed: {
      first: (time, authority, algorithms) =>
        `  by the time-stamp of ${time}, ${authority} (${algorithms})`,
      'time-stamp-renewal': (time, authority, algorithms) =>
        `  renewed at ${time} by ${authority} (${algorithms})`,
      'hash-tree-renewal': (time, authority, algorithms) =>
        `  renewed with new digests at ${time} by ${authority} (${algorithms})`,
    },
    holdsUntil: (time) =>
      `  holds until ${time}, when the path of that authority's certificate ends`,
    datedBySha3:
      '  this does not rest on SHA-256: the deposit leads to the stamped seal by SHA3-256',
    ended: {
      token: (name, end, isDatedBefore) =>
        `the certificate of ${name}, which stamped the archive proof, ended at ${end}: ${isDatedBefore ? 'an authority outside shows that the time-stamp existed before' : 'only the box says that the time-stamp existed before'}`,
      seal: (name, end, isDatedBefore) =>
        `the seal certificate of ${name} ended at ${end}: ${isDatedBefore ? 'an authority outside shows that the seal existed before' : 'only the box says that the seal existed before'}`,
    },
    judgedAt: (time) => `judged as of ${time}`,
    notRevoked: {
      checked: '  its certificates had not been revoked',
      unchecked: '  whether its certificates had been revoked was not checked',
    },
    audited: (time, name, size) =>
      `traces 0 to ${size - 1} stored and recomputed by ${name} at ${time} (independent of the box)`,
    state: {
      accepted: 'state: accepted (signed by the box, seen by no given witness)',
      witnessed: 'state: witnessed',
      dated: 'state: dated from outside',
    },
    destroyed: (seq, time) =>
      `destroyed at ${time}, trace ${seq} (the box's own claim of the time)`,
    reason: (reason) => (reason === null ? 'reason: erased' : `reason: ${reason}`),
    lastCopy: (time) =>
      time === null
        ? 'when the last copy of its key expires: not stated'
        : `the last copy of its key in a backup of the database expires at ${time}, as planned`,
    place: (box, vault, object) => `box ${box}, vault ${vault}, object ${object}`,
    depositor: (id) => (id === null ? 'depositor: erased' : `depositor: ${id}`),
    journal: (origin, size) => `journal ${origin}, checkpoint of ${size} traces`,
    act: (seq, act, outcome, time) => `trace ${seq}: ${act}, ${outcome}, ${time}`,
  },
  collection: {
    check: {
      'collection-entries': 'the collection: entries known, unique, listed',
      'collection-digests': 'the collection: digest of every bundle',
      'collection-objects': 'every bundle by itself, of the object that it is named after',
      'collection-document': 'the file given is one of the documents',
    },
    objects: 'The bundles',
    received: (time, state) => `received at ${time}, ${state}`,
    isGiven: '(the file given)',
    account: {
      vault: (box, vault, size) =>
        `box ${box}, vault ${vault}: all objects deposited in the first ${size} traces, as the box says`,
      objects: (box, vault, size) =>
        `box ${box}, vault ${vault}: a selection, made when the journal had ${size} traces, as the box says`,
    },
    omitted: {
      bundle: {
        gone: (object) => `NOT THERE: ${object}, gone from the vault`,
        altered: (object) => `NOT THERE: ${object}, what the box stores of it was altered`,
      },
      document: {
        gone: (object) => `WITHOUT ITS DOCUMENT: ${object}, whose stored file is gone`,
        altered: (object) => `WITHOUT ITS DOCUMENT: ${object}, whose stored file was altered`,
      },
    },
    summary: (counts) =>
      `bundles: ${counts.valid} valid, ${counts.invalid} invalid, ${counts['cannot-tell']} can't tell`,
  },
  colon: ': ',
  reason: {},
  where: 'where',
  since: 'since',
  missingWord: 'missing',
  detail: 'detail',
  blocks: 'extensions',
  journal: {
    covered: (origin, from, to) => `journal ${origin}, traces ${from} to ${to}`,
    beginningMissing: (start) =>
      `what precedes trace ${start} is not covered: no segment given holds it`,
    signed: (size) => `checkpoint of ${size} traces, signed by the journal`,
    witnessed: (size, name, time) =>
      `checkpoint of ${size} traces, witnessed by ${name} at ${time}`,
    notWitnessed: 'no cosignature by a given witness',
    first: (seq) => `first bad trace: ${seq}`,
    expected: 'expected',
    found: 'found',
    side: (text) => text,
    kind: {
      gap: 'traces are missing',
      'altered-trace': 'a trace was altered',
      'broken-chain': 'the chain is broken',
      reordered: 'traces are not in their order',
      duplicated: 'a trace is there twice',
      truncated: 'the newest traces are missing',
      'bad-checkpoint-signature': "the checkpoint's signature is not valid",
      'wrong-key': 'the checkpoint is not signed by a key that was given',
      'wrong-box': 'it belongs to another journal',
      'clock-regression': 'time went back',
      'missing-seal': 'a seal is missing',
      'format-downgrade': 'a format that this version does not know, or that never existed',
      oversized: 'a trace is too large',
    },
    unreadable: (file, why) => `${file} is not a journal segment: ${why}`,
  },
}
