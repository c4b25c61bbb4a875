-- The centre's own log of the heads that it cosigned (formats.md section 22): append-only, its checkpoints signed by the witness keys.

CREATE TABLE centre.head_logs (
  tenant_id uuid PRIMARY KEY REFERENCES centre.tenants,
  origin text NOT NULL UNIQUE,
  -- heads cosigned before are not in it
  opened_at timestamptz NOT NULL,
  size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  -- roots of the maximal perfect subtrees, largest first: all that appending needs
  range bytea NOT NULL DEFAULT '' CHECK (octet_length(range) % 32 = 0)
);

-- Committed with the cosignature; a loop gives each its place. Only that loop waits for the log's row.
CREATE TABLE centre.head_log_queue (
  tenant_id uuid NOT NULL,
  entry bigint GENERATED ALWAYS AS IDENTITY,
  box_id text NOT NULL,
  origin text NOT NULL,
  size bigint NOT NULL,
  cosigned_at timestamptz NOT NULL,
  leaf bytea NOT NULL,
  PRIMARY KEY (tenant_id, entry)
);

CREATE TABLE centre.head_log_leaves (
  tenant_id uuid NOT NULL REFERENCES centre.head_logs,
  leaf_index bigint NOT NULL CHECK (leaf_index >= 0),
  box_id text NOT NULL,
  origin text NOT NULL,
  size bigint NOT NULL,
  cosigned_at timestamptz NOT NULL,
  leaf bytea NOT NULL,
  PRIMARY KEY (tenant_id, leaf_index)
);
CREATE INDEX head_log_leaves_by_head ON centre.head_log_leaves (tenant_id, box_id, origin, size);

-- Up to 256 hashes of level 8 × level (C2SP tlog-tiles).
CREATE TABLE centre.head_log_tiles (
  tenant_id uuid NOT NULL REFERENCES centre.head_logs,
  level smallint NOT NULL CHECK (level >= 0),
  tile bigint NOT NULL CHECK (tile >= 0),
  hashes bytea NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0),
  PRIMARY KEY (tenant_id, level, tile)
);

CREATE TABLE centre.head_log_checkpoints (
  tenant_id uuid NOT NULL REFERENCES centre.head_logs,
  size bigint NOT NULL,
  note text NOT NULL,
  signed_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, size)
);

CREATE FUNCTION centre.only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR substring(NEW.hashes FROM 1 FOR octet_length(OLD.hashes)) <> OLD.hashes
    OR (NEW.tenant_id, NEW.level, NEW.tile) <> (OLD.tenant_id, OLD.level, OLD.tile) THEN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON centre.head_log_tiles
  FOR EACH ROW EXECUTE FUNCTION centre.only_grows();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON centre.head_log_tiles
  FOR EACH STATEMENT EXECUTE FUNCTION centre.refuse_change();

DO $$
DECLARE
  history text;
BEGIN
  FOREACH history IN ARRAY ARRAY['head_log_leaves', 'head_log_checkpoints'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON centre.%I
      FOR EACH ROW EXECUTE FUNCTION centre.refuse_change()', history);
    EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON centre.%I
      FOR EACH STATEMENT EXECUTE FUNCTION centre.refuse_change()', history);
  END LOOP;
END
$$;

-- Called after centre.grant_to_service, which takes every right away first.
CREATE FUNCTION centre.grant_head_log_to_service(service name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('GRANT UPDATE ON centre.head_logs, centre.head_log_tiles TO %I', service);
  EXECUTE format('GRANT DELETE ON centre.head_log_queue TO %I', service);
END
$$;
REVOKE ALL ON FUNCTION centre.grant_head_log_to_service(name) FROM PUBLIC;
