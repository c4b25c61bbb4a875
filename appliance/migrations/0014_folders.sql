-- Folders of a vault, to any depth. Their names are under the vault's key; the order of siblings is found after opening them.

CREATE TABLE vault.folders (
  id uuid PRIMARY KEY,
  vault_id uuid NOT NULL REFERENCES vault.vaults (id),
  -- Null: directly in the vault.
  parent_id uuid,
  name_enclosed bytea NOT NULL,
  -- Of the blind index: the name, folded, below its parent.
  name_entry bytea NOT NULL,
  -- Of the vault's key that both are under.
  key_generation integer NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (id, vault_id),
  FOREIGN KEY (parent_id, vault_id) REFERENCES vault.folders (id, vault_id)
);
CREATE UNIQUE INDEX folders_by_name ON vault.folders (vault_id, parent_id, name_entry) NULLS NOT DISTINCT;
CREATE INDEX folders_by_parent ON vault.folders (parent_id);

-- Where an object is; those without a row are directly in their vault.
CREATE TABLE vault.placed_objects (
  object_id uuid PRIMARY KEY REFERENCES vault.objects (id) ON DELETE CASCADE,
  folder_id uuid NOT NULL REFERENCES vault.folders (id),
  deposit_seq bigint NOT NULL
);
CREATE INDEX placed_objects_by_folder ON vault.placed_objects (folder_id, deposit_seq DESC);

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.folders, vault.placed_objects TO box_service;
