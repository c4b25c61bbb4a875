-- The client's seal certificates: a row a key, from its request on. What is used is checked each time it is read; what was done is in the journal.

CREATE TABLE vault.seal_certificates (
  key_label text PRIMARY KEY,
  requested_at timestamptz NOT NULL,
  -- PKCS #10, DER.
  request bytea NOT NULL,
  -- From the import on: the certificate, then its issuers below the root; DER.
  chain bytea[],
  root bytea,
  imported_at timestamptz,
  withdrawn_at timestamptz,
  -- The fewest days before its end of which was reminded; 0 once its end was told.
  reminded_days smallint,
  CHECK ((chain IS NULL) = (imported_at IS NULL) AND (root IS NULL) = (imported_at IS NULL))
);

GRANT SELECT, INSERT, UPDATE ON vault.seal_certificates TO box_service;
