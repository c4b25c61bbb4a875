-- Contacts are verified before they are told anything, and can be reached by other ways than mail.

ALTER TABLE centre.contacts RENAME COLUMN email TO address;
ALTER TABLE centre.contacts
  -- email: a mail address; webhook: an https address; syslog: host:port
  ADD COLUMN channel text NOT NULL DEFAULT 'email' CHECK (channel IN ('email', 'webhook', 'syslog')),
  ADD COLUMN verified_at timestamptz,
  ADD COLUMN verified_by text CHECK (verified_by IN ('link', 'challenge', 'code', 'installation', 'migration')),
  -- what the newest verification message carried; forgotten once it was said
  ADD COLUMN code text,
  ADD COLUMN code_expires_at timestamptz,
  ADD COLUMN code_refusals integer NOT NULL DEFAULT 0,
  ADD CHECK ((verified_at IS NULL) = (verified_by IS NULL)),
  ADD CHECK ((code IS NULL) = (code_expires_at IS NULL));

-- Contacts from before this version count as verified: they were alerted until now, and an installation that is brought up to
-- date must not fall silent until somebody has followed a link.
UPDATE centre.contacts SET verified_at = now(), verified_by = 'migration' WHERE removed_at IS NULL;

DROP INDEX centre.one_contact_per_address;
CREATE UNIQUE INDEX one_contact_per_address ON centre.contacts (tenant_id, channel, lower(address)) WHERE removed_at IS NULL;

-- Messages that no alert is behind: verification-<n>.
ALTER TABLE centre.notifications
  ALTER COLUMN alert_id DROP NOT NULL,
  DROP CONSTRAINT notifications_channel_check,
  ADD CONSTRAINT notifications_channel_check CHECK (channel IN ('email', 'webhook', 'syslog')),
  DROP CONSTRAINT notifications_tenant_id_box_id_alert_id_contact_id_occasion_key,
  ADD CONSTRAINT each_occasion_once UNIQUE NULLS NOT DISTINCT (tenant_id, box_id, alert_id, contact_id, occasion);
CREATE INDEX notifications_by_contact ON centre.notifications (tenant_id, contact_id, created_at);
