-- How long objects are kept, and what holds them beyond. What is decided by is the journal: these rows are what its acts made of it, and the
-- recomputation holds them against it.

CREATE TABLE vault.retention_classes (
  name text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
  -- Null: for ever. Only ever lengthened.
  days integer CHECK (days > 0),
  starts text NOT NULL CHECK (starts IN ('deposit', 'event')),
  fate text NOT NULL CHECK (fate IN ('destroy', 'keep', 'review')),
  -- The trace that says so.
  seq bigint NOT NULL
);

-- The class of what comes into a vault without naming one.
CREATE TABLE vault.retention_defaults (
  vault_id uuid PRIMARY KEY REFERENCES vault.vaults (id),
  class text NOT NULL REFERENCES vault.retention_classes (name),
  seq bigint NOT NULL
);

-- When the event came from which an object's retention counts. Only ever moved to later.
CREATE TABLE vault.retention_events (
  object_id uuid PRIMARY KEY,
  date date NOT NULL,
  seq bigint NOT NULL
);

-- A hold is on its whole vault, or on the objects listed.
CREATE TABLE vault.holds (
  id uuid PRIMARY KEY,
  vault_id uuid NOT NULL REFERENCES vault.vaults (id),
  whole_vault boolean NOT NULL,
  placed_seq bigint NOT NULL,
  lifted_seq bigint
);
CREATE INDEX holds_by_vault ON vault.holds (vault_id);

CREATE TABLE vault.held_objects (
  hold_id uuid NOT NULL REFERENCES vault.holds (id),
  object_id uuid NOT NULL,
  PRIMARY KEY (hold_id, object_id)
);
CREATE INDEX held_objects_by_object ON vault.held_objects (object_id);

CREATE INDEX traces_of_retention ON journal.traces (seq) WHERE act IN
  ('retention-class-created', 'retention-class-lengthened', 'vault-retention-changed', 'retention-started', 'hold-placed', 'hold-lifted');

GRANT SELECT, INSERT, UPDATE (days, seq) ON vault.retention_classes TO box_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.retention_defaults TO box_service;
GRANT SELECT, INSERT, UPDATE (date, seq) ON vault.retention_events TO box_service;
GRANT SELECT, INSERT, UPDATE (lifted_seq) ON vault.holds TO box_service;
GRANT SELECT, INSERT ON vault.held_objects TO box_service;
