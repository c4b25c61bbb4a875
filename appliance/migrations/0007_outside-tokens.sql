-- Tokens of time-stamping authorities outside over the box's checkpoints, with what proves them: append-only, as the checkpoints are.

CREATE TABLE journal.datings (
  size bigint PRIMARY KEY REFERENCES journal.checkpoints (size),
  -- What was stamped, as it was: the checkpoint's file before any cosignature, and the newest seal's trace.
  checkpoint bytea NOT NULL,
  seal bytea NOT NULL,
  received_at timestamptz NOT NULL
);

CREATE TABLE journal.outside_tokens (
  size bigint NOT NULL REFERENCES journal.datings (size),
  -- In the order in which the authorities were asked.
  place smallint NOT NULL,
  -- The authority's name in the settings, and in its certificate.
  authority text NOT NULL,
  subject text NOT NULL,
  gen_time timestamptz NOT NULL,
  token bytea NOT NULL,
  token_sha256 bytea NOT NULL CHECK (octet_length(token_sha256) = 32),
  -- DER: the signer's certificate, then its issuers up to the root; the revocation lists of the time.
  path bytea[] NOT NULL,
  lists bytea[] NOT NULL,
  PRIMARY KEY (size, place)
);

CREATE INDEX traces_of_datings ON journal.traces (seq) WHERE act = 'checkpoint-dated';

CREATE TRIGGER datings_append_only BEFORE UPDATE OR DELETE ON journal.datings
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER outside_tokens_append_only BEFORE UPDATE OR DELETE ON journal.outside_tokens
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();

GRANT SELECT, INSERT ON journal.datings, journal.outside_tokens TO box_service;
GRANT SELECT ON journal.datings, journal.outside_tokens TO box_journal_reader;
