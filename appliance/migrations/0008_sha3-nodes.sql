-- The SHA3-256 tree at the boundaries of tiles of 256: enough to lead a trace to a seal's root with few reads. A cache: rebuilt from the
-- traces where it is missing or wrong.

CREATE TABLE journal.sha3_nodes (
  level smallint NOT NULL CHECK (level IN (8, 16, 24)),
  index bigint NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (level, index)
);

GRANT SELECT, INSERT, UPDATE ON journal.sha3_nodes TO box_service;
GRANT SELECT ON journal.sha3_nodes TO box_journal_reader;
