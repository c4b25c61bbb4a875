-- What an alert of the whole fleet tells of: many boxes that fell silent together are one alert, whatever their number.
CREATE TABLE centre.fleet_alert_findings (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  finding_id uuid NOT NULL,
  -- an alert about the centre's own fleet: its row has the box_id 'centre'
  alert_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, box_id, finding_id),
  FOREIGN KEY (tenant_id, box_id, finding_id) REFERENCES centre.findings
);
CREATE INDEX fleet_alert_findings_by_alert ON centre.fleet_alert_findings (tenant_id, alert_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON centre.fleet_alert_findings
  FOR EACH ROW EXECUTE FUNCTION centre.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON centre.fleet_alert_findings
  FOR EACH STATEMENT EXECUTE FUNCTION centre.refuse_change();

-- How many messages a contact got of late.
CREATE INDEX notifications_by_turn ON centre.notifications (tenant_id, contact_id, next_attempt_at);
