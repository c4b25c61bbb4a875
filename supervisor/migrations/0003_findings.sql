-- Contradictions, for ever: a finding is never changed or removed, only followed by its resolution.

CREATE TABLE centre.findings (
  tenant_id uuid NOT NULL,
  -- 'centre' where the finding is about the centre itself
  box_id text NOT NULL,
  finding_id uuid NOT NULL,
  origin text,
  kind text NOT NULL,
  seq bigint,
  -- the same fact has the same key, and a new occurrence only when it is new
  dedupe_key text NOT NULL,
  occurrence integer NOT NULL,
  expected text NOT NULL,
  found text NOT NULL,
  -- times, sizes and names that its sentence speaks of
  circumstances jsonb NOT NULL,
  -- SHA-256 of the files that hold both sides, where there are bytes
  expected_evidence bytea,
  found_evidence bytea,
  raised_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, box_id, finding_id),
  UNIQUE (tenant_id, box_id, dedupe_key, occurrence)
);
CREATE INDEX findings_by_time ON centre.findings (tenant_id, box_id, raised_at, finding_id);

CREATE TABLE centre.finding_resolutions (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  finding_id uuid NOT NULL,
  resolved_at timestamptz NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (tenant_id, box_id, finding_id),
  FOREIGN KEY (tenant_id, box_id, finding_id) REFERENCES centre.findings
);
