-- The part of the box's database that the agent may read, as the appliance makes it.
CREATE SCHEMA journal;

CREATE TABLE journal.state (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  origin text NOT NULL,
  size bigint NOT NULL
);
CREATE TABLE journal.traces (
  seq bigint PRIMARY KEY,
  bytes bytea NOT NULL,
  leaf bytea NOT NULL,
  act text NOT NULL DEFAULT 'read',
  outcome text NOT NULL DEFAULT 'done'
);
CREATE TABLE journal.interior_nodes (
  level smallint NOT NULL,
  index bigint NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (level, index)
);
CREATE VIEW journal.nodes AS
  SELECT 0::smallint AS level, seq AS index, leaf AS hash FROM journal.traces
  UNION ALL
  SELECT level, index, hash FROM journal.interior_nodes;
CREATE TABLE journal.checkpoints (
  size bigint PRIMARY KEY,
  root bytea NOT NULL,
  note text NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now()
);

GRANT USAGE ON SCHEMA journal TO box_journal_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA journal TO box_journal_reader;
