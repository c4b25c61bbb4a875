-- What boxes ship: one head row per origin, one row per segment, the heads that were cosigned.

CREATE TABLE centre.origins (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  origin text NOT NULL REFERENCES centre.origin_directory,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  journal_key text NOT NULL,
  -- append-only up to here: the largest checkpoint that the witness cosigned
  witnessed_size bigint NOT NULL DEFAULT 0 CHECK (witnessed_size >= 0),
  witnessed_root bytea,
  witnessed_note text,
  witnessed_at timestamptz,
  -- stored and recomputed up to here
  audited_size bigint NOT NULL DEFAULT 0 CHECK (audited_size >= 0),
  audited_root bytea,
  audited_receipt text,
  audited_at timestamptz,
  segment_count integer NOT NULL DEFAULT 0,
  -- all that is needed to go on verifying at audited_size
  journal_state jsonb NOT NULL,
  -- what is asked again, until it is answered: asking anew at each session would let a box choose
  challenge_nonce bytea,
  challenge_segments jsonb,
  -- when everything that was asked and everything that was new had come
  shipped_at timestamptz,
  PRIMARY KEY (tenant_id, box_id, origin),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);
CREATE UNIQUE INDEX one_open_origin_per_box ON centre.origins (tenant_id, box_id) WHERE closed_at IS NULL;

CREATE TABLE centre.segments (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  origin text NOT NULL,
  ordinal integer NOT NULL,
  start_seq bigint NOT NULL,
  end_seq bigint NOT NULL,
  -- names the file that holds the bytes
  sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
  size_bytes integer NOT NULL,
  receipt text NOT NULL,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, box_id, origin, ordinal, received_at),
  CHECK (end_seq > start_seq AND start_seq >= 0)
) PARTITION BY RANGE (received_at);
CREATE INDEX segments_by_start ON centre.segments (tenant_id, box_id, origin, start_seq);
CREATE TABLE centre.segments_other PARTITION OF centre.segments DEFAULT;

CREATE TABLE centre.cosigned_heads (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  origin text NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  -- as the box signed it, then our signature lines
  note text NOT NULL,
  lines text[] NOT NULL,
  cosigned_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, box_id, origin, size, cosigned_at)
) PARTITION BY RANGE (cosigned_at);
CREATE TABLE centre.cosigned_heads_other PARTITION OF centre.cosigned_heads DEFAULT;

-- Makes the partition of the month that holds `instant`, and of the one after it. A month whose rows already went to the
-- partition for all others is left there.
CREATE FUNCTION centre.ensure_partitions(instant timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parent text;
  first_day timestamp;
  months integer;
  part text;
  occupied boolean;
BEGIN
  FOREACH parent IN ARRAY ARRAY['segments', 'cosigned_heads'] LOOP
    FOR months IN 0..1 LOOP
      first_day := date_trunc('month', instant AT TIME ZONE 'UTC') + make_interval(months => months);
      part := parent || to_char(first_day, '_YYYY_MM');
      IF to_regclass('centre.' || part) IS NULL THEN
        EXECUTE format(
          'SELECT EXISTS (SELECT FROM centre.%I WHERE %I >= %L::timestamptz AND %I < %L::timestamptz)',
          parent || '_other',
          CASE parent WHEN 'segments' THEN 'received_at' ELSE 'cosigned_at' END,
          first_day || ' UTC',
          CASE parent WHEN 'segments' THEN 'received_at' ELSE 'cosigned_at' END,
          (first_day + interval '1 month') || ' UTC') INTO occupied;
        IF NOT occupied THEN
          EXECUTE format(
            'CREATE TABLE IF NOT EXISTS centre.%I PARTITION OF centre.%I FOR VALUES FROM (%L) TO (%L)',
            part, parent, first_day || ' UTC', (first_day + interval '1 month') || ' UTC');
        END IF;
      END IF;
    END LOOP;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION centre.ensure_partitions(timestamptz) FROM PUBLIC;
