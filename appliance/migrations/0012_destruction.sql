-- What remains of objects that were destroyed: nothing that tells of their content. Their rows in vault.objects are gone.

CREATE TABLE vault.destroyed_objects (
  id uuid PRIMARY KEY,
  vault_id uuid NOT NULL REFERENCES vault.vaults (id),
  deposit_seq bigint NOT NULL UNIQUE,
  -- The trace that says so.
  destroy_seq bigint NOT NULL UNIQUE,
  deposited_at timestamptz NOT NULL,
  size bigint NOT NULL,
  media_type text NOT NULL
);

-- Fingerprints of requests go with their object.
CREATE INDEX idempotency_keys_by_object ON vault.idempotency_keys (object_id);

GRANT DELETE ON vault.objects TO box_service;
GRANT SELECT, INSERT ON vault.destroyed_objects TO box_service;

-- What the agent ships at once, and restores look for.
CREATE INDEX traces_of_destructions ON journal.traces (seq) WHERE act = 'destroy';
