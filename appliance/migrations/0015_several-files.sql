-- Objects of several files.

ALTER TABLE vault.objects ADD COLUMN files int NOT NULL DEFAULT 1 CHECK (files > 0);

-- The files of objects that have more than one, as their statements list them: one is found by its digests.
CREATE TABLE vault.object_files (
  object_id uuid NOT NULL REFERENCES vault.objects (id) ON DELETE CASCADE,
  number int NOT NULL CHECK (number > 0),
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  sha3_256 bytea NOT NULL CHECK (octet_length(sha3_256) = 32),
  PRIMARY KEY (object_id, number)
);
CREATE INDEX object_files_by_digest ON vault.object_files (sha256);

GRANT SELECT, INSERT, DELETE ON vault.object_files TO box_service;
