-- Who may look at the fleet. Only hashes of tokens are kept.

CREATE TABLE centre.operators (
  tenant_id uuid NOT NULL REFERENCES centre.tenants,
  operator_id uuid NOT NULL,
  user_name text NOT NULL,
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL,
  disabled_at timestamptz,
  PRIMARY KEY (tenant_id, operator_id)
);
CREATE UNIQUE INDEX one_operator_per_name ON centre.operators (lower(user_name)) WHERE disabled_at IS NULL;

CREATE TABLE centre.access_tokens (
  token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
  tenant_id uuid NOT NULL,
  operator_id uuid NOT NULL,
  -- a session of the page ends by itself; a token of a script doesn't
  kind text NOT NULL CHECK (kind IN ('session', 'bearer')),
  created_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  FOREIGN KEY (tenant_id, operator_id) REFERENCES centre.operators
);
