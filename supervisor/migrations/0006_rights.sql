-- What the service's role may do, and a second barrier under it: history can't be changed by either.

CREATE FUNCTION centre.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

DO $$
DECLARE
  history text;
BEGIN
  FOREACH history IN ARRAY ARRAY['segments', 'cosigned_heads', 'findings', 'finding_resolutions', 'alert_findings',
    'notification_attempts', 'alert_traces', 'alert_checkpoints', 'deadlines', 'absences',
    'box_directory', 'origin_directory'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON centre.%I
      FOR EACH ROW EXECUTE FUNCTION centre.refuse_change()', history);
    EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON centre.%I
      FOR EACH STATEMENT EXECUTE FUNCTION centre.refuse_change()', history);
  END LOOP;
END
$$;

-- Called as owner at every start, so that a role given later, or in a restored database, gets the same rights and no more.
CREATE FUNCTION centre.grant_to_service(service name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA centre FROM %I', service);
  EXECUTE format('GRANT USAGE ON SCHEMA centre TO %I', service);
  EXECUTE format('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA centre TO %I', service);
  EXECUTE format('GRANT UPDATE ON centre.boxes, centre.agent_keys, centre.schedules, centre.maintenance_windows,
    centre.presence, centre.origins, centre.contacts, centre.alerts, centre.notifications, centre.alert_journals,
    centre.operators, centre.access_tokens TO %I', service);
  EXECUTE format('GRANT DELETE ON centre.alert_openings, centre.access_tokens TO %I', service);
  EXECUTE format('REVOKE INSERT ON centre.tenants FROM %I', service);
  EXECUTE format('GRANT EXECUTE ON FUNCTION centre.ensure_partitions(timestamptz) TO %I', service);
END
$$;
REVOKE ALL ON FUNCTION centre.grant_to_service(name) FROM PUBLIC;
