-- What people sign in with beside a password, and the sessions that came of it.

-- One authenticator app a person. Its secret is enclosed by a wrapping key of its own in the hardware.
CREATE TABLE vault.authenticator_apps (
  user_id uuid PRIMARY KEY REFERENCES vault.users (id),
  secret_enclosed bytea NOT NULL,
  -- Null until a code of it was shown: an app that was set up wrongly locks nobody out.
  confirmed_at timestamptz,
  -- Number of the last 30-second step whose code was taken (RFC 6238 section 5.2: a code counts once).
  last_step bigint NOT NULL DEFAULT 0
);

-- Codes on paper for who lost the rest: each counts once, then its row goes.
CREATE TABLE vault.recovery_codes (
  user_id uuid NOT NULL REFERENCES vault.users (id),
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  PRIMARY KEY (user_id, sha256)
);

-- WebAuthn credentials: public keys only.
CREATE TABLE vault.passkeys (
  id text PRIMARY KEY CHECK (length(id) <= 1400),
  user_id uuid NOT NULL REFERENCES vault.users (id),
  label text NOT NULL,
  public_key bytea NOT NULL,
  -- As the authenticator counts its signatures; 0 for those that don't.
  counter bigint NOT NULL,
  transports text[] NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz
);
CREATE INDEX passkeys_by_user ON vault.passkeys (user_id);

-- Browsers from which somebody has signed in: others who guess at the same name don't slow them down.
CREATE TABLE vault.known_browsers (
  secret_sha256 bytea PRIMARY KEY CHECK (octet_length(secret_sha256) = 32),
  user_id uuid NOT NULL REFERENCES vault.users (id),
  expires_at timestamptz NOT NULL
);
CREATE INDEX known_browsers_by_user ON vault.known_browsers (user_id);

ALTER TABLE vault.credentials
  -- How a session was opened: password, totp, recovery-code, passkey; empty for tokens.
  ADD COLUMN factors text[] NOT NULL DEFAULT '{}',
  -- The program that opened a session, as it called itself.
  ADD COLUMN client text NOT NULL DEFAULT '';

GRANT SELECT, INSERT, UPDATE, DELETE ON vault.authenticator_apps TO box_service;
GRANT SELECT, INSERT, DELETE ON vault.recovery_codes, vault.known_browsers TO box_service;
GRANT SELECT, INSERT, DELETE, UPDATE (counter, last_used_at) ON vault.passkeys TO box_service;
