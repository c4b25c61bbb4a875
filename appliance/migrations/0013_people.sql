-- Custom roles, groups, rights with dates, closed accounts, tokens that may do less than their user.

ALTER TABLE vault.users ADD COLUMN disabled_at timestamptz;

-- Beside the built-in roles, which the service knows by itself. None of these permissions opens content or descriptions: the service
-- passes over those that would.
CREATE TABLE vault.roles (
  name text PRIMARY KEY,
  label text NOT NULL,
  permissions text[] NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE vault.groups (
  id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created_at timestamptz NOT NULL
);

CREATE TABLE vault.group_members (
  group_id uuid NOT NULL REFERENCES vault.groups (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES vault.users (id),
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON vault.group_members (user_id);

-- What a user or a group may do in a vault, in place of the members of before.
CREATE TABLE vault.grants (
  vault_id uuid NOT NULL REFERENCES vault.vaults (id),
  user_id uuid REFERENCES vault.users (id),
  group_id uuid REFERENCES vault.groups (id) ON DELETE CASCADE,
  rights text[] NOT NULL,
  starts_at timestamptz,
  ends_at timestamptz,
  CHECK (num_nonnulls(user_id, group_id) = 1),
  CHECK (starts_at < ends_at)
);
CREATE INDEX grants_by_user ON vault.grants (user_id, vault_id);
CREATE INDEX grants_by_group ON vault.grants (group_id, vault_id);
INSERT INTO vault.grants (vault_id, user_id, rights) SELECT vault_id, user_id, rights FROM vault.members;
DROP TABLE vault.members;

-- Null: no limit beyond what the user may.
ALTER TABLE vault.credentials
  ADD COLUMN permissions text[],
  ADD COLUMN vault_id uuid REFERENCES vault.vaults (id),
  ADD COLUMN networks text[];

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.roles, vault.groups, vault.group_members, vault.grants TO box_service;
