-- To whom vault keys are enclosed a second time, and the public halves of the box's signing keys, of now and before.

-- Which of them holds is what the journal declared last; these are the bytes that its trace names by their digest.
CREATE TABLE vault.recovery_keys (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 32),
  public_key bytea NOT NULL,
  threshold smallint NOT NULL CHECK (threshold >= 2),
  shares smallint NOT NULL CHECK (shares >= threshold),
  declared_at timestamptz NOT NULL
);

-- The vault's key, enclosed to the recovery key; null until a key ceremony is held.
ALTER TABLE vault.vaults ADD COLUMN recovery_copy bytea;

-- Signing keys are never recovered: these say whose signatures the checkpoints and proofs of earlier hardware are.
CREATE TABLE journal.signing_keys (
  sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
  spki bytea NOT NULL
);

CREATE INDEX key_declarations ON journal.traces (act, seq)
  WHERE act IN ('recovery-key-declared', 'signing-keys-declared');
CREATE INDEX vault_key_acts ON journal.traces (vault, seq)
  WHERE act IN ('vault-created', 'vault-key-enclosed');

GRANT SELECT, INSERT ON vault.recovery_keys TO box_service;
GRANT SELECT, INSERT ON journal.signing_keys TO box_service;
GRANT SELECT ON journal.signing_keys TO box_journal_reader;
