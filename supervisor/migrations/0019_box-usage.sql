-- What each box has sent and made the centre keep on one day of UTC; one row a box, begun anew each day.
CREATE TABLE centre.box_usage (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  day date NOT NULL,
  segments bigint NOT NULL,
  bytes bigint NOT NULL,
  findings bigint NOT NULL,
  evidence_bytes bigint NOT NULL,
  timestamps bigint NOT NULL,
  PRIMARY KEY (tenant_id, box_id),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);

CREATE FUNCTION centre.grant_usage_to_service(service name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('GRANT UPDATE ON centre.box_usage TO %I', service);
END
$$;
REVOKE ALL ON FUNCTION centre.grant_usage_to_service(name) FROM PUBLIC;
