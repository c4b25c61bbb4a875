-- Boxes with a TPM: how they are enrolled, what they attest, and what is expected of it.

-- One-time codes: an operator says what may be enrolled, the box brings its keys. Only a digest of the code is kept.
CREATE TABLE centre.enrolment_codes (
  tenant_id uuid NOT NULL REFERENCES centre.tenants,
  -- the code's first characters, by which it is found
  code_id text NOT NULL,
  code_sha256 bytea NOT NULL CHECK (octet_length(code_sha256) = 32),
  box_id text NOT NULL,
  name text NOT NULL,
  schedule jsonb NOT NULL,
  issued_by uuid NOT NULL,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  refusals integer NOT NULL DEFAULT 0,
  -- what the box asked for, and the secret that its TPM has to read; forgotten once it is used
  request jsonb,
  secret bytea,
  used_at timestamptz,
  PRIMARY KEY (tenant_id, code_id),
  FOREIGN KEY (tenant_id, issued_by) REFERENCES centre.operators
);
CREATE UNIQUE INDEX one_code_per_id ON centre.enrolment_codes (code_id);

-- Keys in the boxes' TPMs that sign quotes; proved by activation to be in a TPM whose maker is trusted.
CREATE TABLE centre.attestation_keys (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  -- the TPM's Name of the key
  key_name bytea NOT NULL CHECK (octet_length(key_name) = 34),
  public_area bytea NOT NULL,
  endorsement_certificate bytea NOT NULL,
  added_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, box_id, key_name, added_at),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);
CREATE UNIQUE INDEX one_attestation_key_per_box ON centre.attestation_keys (tenant_id, box_id)
  WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX one_box_per_attestation_key ON centre.attestation_keys (tenant_id, key_name)
  WHERE revoked_at IS NULL;

-- What each box stated, once a shipment.
CREATE TABLE centre.attestations (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  attestation_id uuid NOT NULL,
  attested_at timestamptz NOT NULL,
  -- mismatch: signed by the box's TPM, but not what is expected; missing: none came with a shipment
  outcome text NOT NULL CHECK (outcome IN ('expected', 'approved', 'mismatch', 'missing')),
  -- null where no quote could be read
  key_name bytea,
  clock_ms bigint,
  reset_count bigint,
  restart_count bigint,
  -- registers by number, in hex; null unless the quote holds
  pcrs jsonb,
  pcrs_sha256 bytea,
  -- given, absent, unreadable, too-long
  event_log text,
  -- names the file that holds what the box sent
  evidence bytea,
  PRIMARY KEY (tenant_id, box_id, attestation_id),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);
CREATE INDEX attestations_by_time ON centre.attestations (tenant_id, box_id, attested_at DESC, attestation_id);

-- Files of expected values, signed by a pinned key; the newest of each signer counts.
CREATE TABLE centre.reference_values (
  tenant_id uuid NOT NULL REFERENCES centre.tenants,
  signer text NOT NULL,
  sequence bigint NOT NULL CHECK (sequence >= 0),
  note text NOT NULL,
  imported_by uuid NOT NULL,
  imported_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, signer, sequence)
);

-- Values of one box that no such file names: two different operators take them on themselves, with a reason.
CREATE TABLE centre.attestation_approvals (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  pcrs_sha256 bytea NOT NULL CHECK (octet_length(pcrs_sha256) = 32),
  operator_id uuid NOT NULL,
  reason text NOT NULL,
  approved_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, box_id, pcrs_sha256, operator_id),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes,
  FOREIGN KEY (tenant_id, operator_id) REFERENCES centre.operators
);

DO $$
DECLARE
  history text;
BEGIN
  FOREACH history IN ARRAY ARRAY['attestations', 'reference_values', 'attestation_approvals'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON centre.%I
      FOR EACH ROW EXECUTE FUNCTION centre.refuse_change()', history);
    EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON centre.%I
      FOR EACH STATEMENT EXECUTE FUNCTION centre.refuse_change()', history);
  END LOOP;
END
$$;

-- What the service may change here; called after centre.grant_to_service, which takes every right away first.
CREATE FUNCTION centre.grant_attestation_to_service(service name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('GRANT UPDATE ON centre.enrolment_codes, centre.attestation_keys TO %I', service);
END
$$;
REVOKE ALL ON FUNCTION centre.grant_attestation_to_service(name) FROM PUBLIC;
