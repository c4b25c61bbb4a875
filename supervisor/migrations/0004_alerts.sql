-- Alerts, who is told, how often it was tried, and the chained journal of all that.

CREATE TABLE centre.contacts (
  tenant_id uuid NOT NULL REFERENCES centre.tenants,
  contact_id uuid NOT NULL,
  email text NOT NULL,
  -- null: every box of the tenant
  box_ids text[],
  added_at timestamptz NOT NULL,
  removed_at timestamptz,
  PRIMARY KEY (tenant_id, contact_id)
);
CREATE UNIQUE INDEX one_contact_per_address ON centre.contacts (tenant_id, lower(email)) WHERE removed_at IS NULL;

CREATE TABLE centre.alerts (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  alert_id uuid NOT NULL,
  -- findings of one box and one cause go into one alert
  cause text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('warning', 'alert')),
  state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
  opened_at timestamptz NOT NULL,
  acknowledged_at timestamptz,
  acknowledged_by uuid,
  note text,
  resolved_at timestamptz,
  reminders integer NOT NULL DEFAULT 0,
  next_reminder_at timestamptz,
  PRIMARY KEY (tenant_id, box_id, alert_id)
);
CREATE UNIQUE INDEX one_open_alert_per_cause ON centre.alerts (tenant_id, box_id, cause) WHERE state = 'open';
CREATE INDEX alerts_by_id ON centre.alerts (tenant_id, alert_id);
CREATE INDEX alerts_by_time ON centre.alerts (tenant_id, opened_at, alert_id);
CREATE INDEX alerts_by_reminder ON centre.alerts (next_reminder_at) WHERE state = 'open';

CREATE TABLE centre.alert_findings (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  alert_id uuid NOT NULL,
  finding_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, box_id, alert_id, finding_id),
  FOREIGN KEY (tenant_id, box_id, alert_id) REFERENCES centre.alerts,
  FOREIGN KEY (tenant_id, box_id, finding_id) REFERENCES centre.findings
);

-- The outbox: committed with the alert, sent afterwards.
CREATE TABLE centre.notifications (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  notification_id uuid NOT NULL,
  alert_id uuid NOT NULL,
  contact_id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('email')),
  -- opened, updated-<n>, reminder-<n>: each goes to each contact once
  occasion text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'withdrawn')),
  attempts integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  -- who is sending it holds it until then; a crash lets go by itself
  leased_until timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, box_id, notification_id),
  UNIQUE (tenant_id, box_id, alert_id, contact_id, occasion),
  FOREIGN KEY (tenant_id, box_id, alert_id) REFERENCES centre.alerts,
  FOREIGN KEY (tenant_id, contact_id) REFERENCES centre.contacts
);
CREATE INDEX notifications_to_send ON centre.notifications (next_attempt_at) WHERE state = 'pending';

CREATE TABLE centre.notification_attempts (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  notification_id uuid NOT NULL,
  attempt integer NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('attempted', 'delivered', 'deferred', 'failed')),
  reply text,
  at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, box_id, notification_id, attempt, outcome),
  FOREIGN KEY (tenant_id, box_id, notification_id) REFERENCES centre.notifications
);

-- The alert journal (formats.md section 14). One row per tenant is the sequencer: whoever appends holds it FOR UPDATE.
CREATE TABLE centre.alert_journals (
  tenant_id uuid PRIMARY KEY REFERENCES centre.tenants,
  origin text NOT NULL UNIQUE,
  size bigint NOT NULL,
  journal_state jsonb NOT NULL,
  -- first trace that no seal covers and that is none; null when all are sealed
  unsealed_since timestamptz,
  sealed_at timestamptz
);

CREATE TABLE centre.alert_traces (
  tenant_id uuid NOT NULL REFERENCES centre.alert_journals,
  seq bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);

CREATE TABLE centre.alert_checkpoints (
  tenant_id uuid NOT NULL REFERENCES centre.alert_journals,
  size bigint NOT NULL,
  note text NOT NULL,
  signed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, size)
);

-- What opens the commitments in those traces; erased with the contact, the traces stay as they are.
CREATE TABLE centre.alert_openings (
  tenant_id uuid NOT NULL,
  seq bigint NOT NULL,
  field text NOT NULL,
  contact_id uuid,
  operator_id uuid,
  salt bytea NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (tenant_id, seq, field)
);
