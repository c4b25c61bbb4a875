-- Boxes, what they are held to, and the origins of their journals.
-- tenant_id, box_id lead every key, so that the tables can be distributed by tenant without a change.

CREATE SCHEMA centre;

CREATE TABLE centre.tenants (
  tenant_id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- The tenant of an installation that serves one.
INSERT INTO centre.tenants (tenant_id, name) VALUES ('00000000-0000-4000-8000-000000000001', 'default');

-- Which tenant an SSH user name belongs to: small, replicated everywhere when the rest is distributed.
CREATE TABLE centre.box_directory (
  box_id text PRIMARY KEY CHECK (box_id ~ '^[a-z0-9][a-z0-9-]{0,63}$' AND box_id <> 'centre'),
  tenant_id uuid NOT NULL REFERENCES centre.tenants
);

-- One history per origin for ever: a name is never given twice.
CREATE TABLE centre.origin_directory (
  origin text PRIMARY KEY CHECK (origin ~ '^[A-Za-z0-9./-]{1,200}$'),
  tenant_id uuid NOT NULL REFERENCES centre.tenants,
  box_id text NOT NULL REFERENCES centre.box_directory
);

CREATE TABLE centre.boxes (
  tenant_id uuid NOT NULL REFERENCES centre.tenants,
  box_id text NOT NULL REFERENCES centre.box_directory,
  name text NOT NULL,
  enrolled_at timestamptz NOT NULL,
  -- a session takes the next number; what an older session still sends is not listened to
  session_epoch bigint NOT NULL DEFAULT 0,
  last_contact_at timestamptz,
  clock_skew_ms bigint,
  -- somebody proved to hold a key that is not the enrolled one, under this box's name
  refused_key_at timestamptz,
  PRIMARY KEY (tenant_id, box_id)
);

CREATE TABLE centre.agent_keys (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  key_blob bytea NOT NULL,
  added_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, box_id, key_blob),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);

CREATE TABLE centre.schedules (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  -- null: a closed network, no heads are expected
  heads_every_seconds integer CHECK (heads_every_seconds > 0),
  window_start text NOT NULL CHECK (window_start ~ '^([01]\d|2[0-3]):[0-5]\d$'),
  window_end text NOT NULL CHECK (window_end ~ '^([01]\d|2[0-3]):[0-5]\d$'),
  time_zone text NOT NULL,
  grace_minutes integer NOT NULL CHECK (grace_minutes >= 0),
  -- the shipping window that is judged next; UTC instants computed from the above
  window_opens_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  -- when silence of heads becomes a finding; null where none are expected
  head_due_at timestamptz,
  PRIMARY KEY (tenant_id, box_id),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);
CREATE INDEX schedules_by_due_at ON centre.schedules (due_at);
CREATE INDEX schedules_by_head_due_at ON centre.schedules (head_due_at);

-- How each shipping window ended.
CREATE TABLE centre.deadlines (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  due_at timestamptz NOT NULL,
  window_opened_at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('met', 'missed', 'suppressed', 'blind')),
  expected_size bigint NOT NULL,
  audited_size bigint NOT NULL,
  judged_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, box_id, due_at),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);

CREATE TABLE centre.maintenance_windows (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  maintenance_id uuid NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  reason text NOT NULL,
  announced_at timestamptz NOT NULL,
  cancelled_at timestamptz,
  PRIMARY KEY (tenant_id, box_id, maintenance_id),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);

-- When the centre last ran: its own absence must not accuse a box.
CREATE TABLE centre.presence (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  alive_at timestamptz NOT NULL
);

-- When it did not: stopped, asleep, or its clock moved.
CREATE TABLE centre.absences (
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL,
  PRIMARY KEY (from_at, to_at)
);
