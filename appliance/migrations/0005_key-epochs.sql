-- Epochs of keys. The hardware root encloses an epoch's key, which encloses vault keys, which enclose data keys: whatever a copy of this
-- database holds can be opened no longer than its epoch lasts.

CREATE TABLE vault.key_epochs (
  number integer PRIMARY KEY CHECK (number > 0),
  -- Label of the wrapping key in the hardware.
  root text NOT NULL,
  -- The epoch's key under that root; null once it ended.
  key_enclosed bytea,
  begun_at timestamptz NOT NULL,
  -- A root that was replaced within the epoch, until it is destroyed.
  former_root text,
  former_root_until timestamptz,
  -- Set when a later epoch begins.
  ends_at timestamptz,
  -- No key may be enclosed under it any more: it is being destroyed.
  closed boolean NOT NULL DEFAULT false,
  ended_at timestamptz,
  CHECK ((key_enclosed IS NULL) = (ended_at IS NOT NULL)),
  CHECK ((former_root IS NULL) = (former_root_until IS NULL))
);

-- Epoch 0: enclosed by the hardware root itself, with a recovery copy of its own, as before there were epochs.
ALTER TABLE vault.vaults
  ADD COLUMN key_generation integer NOT NULL DEFAULT 1,
  ADD COLUMN key_epoch integer NOT NULL DEFAULT 0;

-- The key of a vault before its present one, while objects are enclosed under it.
CREATE TABLE vault.former_vault_keys (
  vault_id uuid PRIMARY KEY REFERENCES vault.vaults (id),
  generation integer NOT NULL,
  epoch integer NOT NULL,
  key_enclosed bytea NOT NULL,
  recovery_copy bytea
);

-- Which generation of its vault's key an object's data key and secrets are enclosed under. Not indexed: a page of a vault is found by its
-- order, and what is enclosed anew stays where it is.
ALTER TABLE vault.objects ADD COLUMN key_generation integer NOT NULL DEFAULT 1;

DROP INDEX journal.key_declarations;
CREATE INDEX key_declarations ON journal.traces (act, seq)
  WHERE act IN ('recovery-key-declared', 'signing-keys-declared', 'key-epoch-begun', 'epoch-key-enclosed');
DROP INDEX journal.vault_key_acts;

GRANT SELECT, INSERT, UPDATE ON vault.key_epochs TO box_service;
GRANT SELECT, INSERT, DELETE, UPDATE (key_enclosed) ON vault.former_vault_keys TO box_service;
GRANT UPDATE (data_key_enclosed, key_generation) ON vault.objects TO box_service;
GRANT UPDATE (enclosed) ON vault.object_secrets TO box_service;
