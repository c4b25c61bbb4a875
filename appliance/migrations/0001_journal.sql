-- The journal: append-only for everybody who is not the owner. Rights are the first barrier, triggers the second.

CREATE SCHEMA journal;

CREATE TABLE journal.state (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  origin text NOT NULL,
  size bigint NOT NULL CHECK (size >= 0),
  -- Raised by each sequencer that starts: an older one finds another epoch and stops (fencing).
  epoch bigint NOT NULL CHECK (epoch >= 0)
);

CREATE TABLE journal.traces (
  seq bigint PRIMARY KEY CHECK (seq >= 0),
  bytes bytea NOT NULL CHECK (octet_length(bytes) <= 60000),
  leaf bytea NOT NULL CHECK (octet_length(leaf) = 32),
  -- Copies for filtering only; what is proved is in bytes.
  act text NOT NULL,
  outcome text NOT NULL,
  vault uuid,
  object uuid
);
CREATE INDEX traces_by_object ON journal.traces (object, seq) WHERE object IS NOT NULL;
CREATE INDEX traces_by_vault ON journal.traces (vault, seq) WHERE vault IS NOT NULL;
CREATE INDEX seals ON journal.traces (seq) WHERE act = 'seal';

-- Roots of perfect subtrees above the leaves: a cache, rebuilt from the traces when it is missing or wrong.
CREATE TABLE journal.interior_nodes (
  level smallint NOT NULL CHECK (level > 0),
  index bigint NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (level, index)
);

CREATE VIEW journal.nodes AS
  SELECT 0::smallint AS level, seq AS index, leaf AS hash FROM journal.traces
  UNION ALL
  SELECT level, index, hash FROM journal.interior_nodes;

CREATE TABLE journal.checkpoints (
  size bigint PRIMARY KEY CHECK (size > 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  note text NOT NULL,
  signed_at timestamptz NOT NULL
);

CREATE TABLE journal.cosignatures (
  size bigint NOT NULL REFERENCES journal.checkpoints (size),
  name text NOT NULL,
  key_id bytea NOT NULL,
  type smallint NOT NULL,
  line text NOT NULL,
  timestamp bigint NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (size, key_id)
);
CREATE INDEX cosignatures_by_receipt ON journal.cosignatures (received_at);

CREATE TABLE journal.audit_receipts (
  size bigint PRIMARY KEY,
  note text NOT NULL,
  received_at timestamptz NOT NULL
);

-- The running SHA3-256 chain and tree, so that a start need not read the whole journal: a cache too.
CREATE TABLE journal.sha3_state (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  size bigint NOT NULL,
  chain bytea NOT NULL,
  range bytea[] NOT NULL
);

-- What the commitments in traces hide; erased with the person.
CREATE TABLE journal.openings (
  seq bigint NOT NULL,
  field text NOT NULL,
  salt bytea NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (seq, field)
);
CREATE INDEX openings_by_value ON journal.openings (field, value, seq);

CREATE FUNCTION journal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END $$;

CREATE TRIGGER traces_append_only BEFORE UPDATE OR DELETE ON journal.traces
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER traces_never_truncated BEFORE TRUNCATE ON journal.traces
  FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE ON journal.checkpoints
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER checkpoints_never_truncated BEFORE TRUNCATE ON journal.checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER cosignatures_append_only BEFORE UPDATE OR DELETE ON journal.cosignatures
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER audit_receipts_append_only BEFORE UPDATE OR DELETE ON journal.audit_receipts
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();

GRANT USAGE ON SCHEMA journal TO box_service, box_journal_reader;
GRANT SELECT, INSERT ON journal.traces, journal.checkpoints, journal.cosignatures, journal.audit_receipts TO box_service;
GRANT SELECT, INSERT, UPDATE ON journal.state, journal.sha3_state, journal.interior_nodes TO box_service;
GRANT SELECT, INSERT, DELETE ON journal.openings TO box_service;
GRANT SELECT ON journal.nodes TO box_service;
GRANT SELECT ON journal.state, journal.traces, journal.nodes, journal.interior_nodes, journal.checkpoints, journal.cosignatures,
  journal.audit_receipts TO box_journal_reader;
