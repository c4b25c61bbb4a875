-- Vaults, people and what is kept.

CREATE SCHEMA vault;

CREATE TABLE vault.users (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  login text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  roles text[] NOT NULL,
  language text NOT NULL CHECK (language IN ('fr', 'en')),
  created_at timestamptz NOT NULL
);

-- API tokens and portal sessions: only digests of the secrets are kept.
CREATE TABLE vault.credentials (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES vault.users (id),
  kind text NOT NULL CHECK (kind IN ('token', 'session')),
  label text NOT NULL,
  secret_sha256 bytea NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX credentials_by_user ON vault.credentials (user_id);

CREATE TABLE vault.vaults (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL,
  -- The vault's key, enclosed by the hardware root.
  key_enclosed bytea NOT NULL
);

CREATE TABLE vault.members (
  vault_id uuid NOT NULL REFERENCES vault.vaults (id),
  user_id uuid NOT NULL REFERENCES vault.users (id),
  rights text[] NOT NULL,
  PRIMARY KEY (vault_id, user_id)
);

CREATE TABLE vault.objects (
  id uuid PRIMARY KEY,
  vault_id uuid NOT NULL REFERENCES vault.vaults (id),
  deposit_seq bigint NOT NULL UNIQUE,
  deposited_at timestamptz NOT NULL,
  depositor_id uuid NOT NULL REFERENCES vault.users (id),
  size bigint NOT NULL CHECK (size > 0),
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  sha3_256 bytea NOT NULL CHECK (octet_length(sha3_256) = 32),
  media_type text NOT NULL,
  lat bytea NOT NULL,
  data_key_enclosed bytea NOT NULL
);
CREATE INDEX objects_by_vault ON vault.objects (vault_id, deposit_seq DESC);
CREATE INDEX objects_by_digest ON vault.objects (vault_id, sha256);

-- Descriptive metadata and the openings of an object's commitments, each encrypted under its vault's key and erasable by itself.
CREATE TABLE vault.object_secrets (
  object_id uuid NOT NULL REFERENCES vault.objects (id),
  field text NOT NULL CHECK (field IN ('object', 'depositor', 'metadata')),
  enclosed bytea NOT NULL,
  PRIMARY KEY (object_id, field)
);

CREATE TABLE vault.idempotency_keys (
  user_id uuid NOT NULL REFERENCES vault.users (id),
  vault_id uuid NOT NULL REFERENCES vault.vaults (id),
  key text NOT NULL,
  fingerprint bytea NOT NULL,
  object_id uuid NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, vault_id, key)
);

GRANT USAGE ON SCHEMA vault TO box_service;
GRANT SELECT, INSERT, UPDATE ON vault.users, vault.vaults, vault.members, vault.credentials TO box_service;
GRANT DELETE ON vault.members TO box_service;
GRANT SELECT, INSERT ON vault.objects TO box_service;
GRANT SELECT, INSERT, DELETE ON vault.object_secrets, vault.idempotency_keys TO box_service;
