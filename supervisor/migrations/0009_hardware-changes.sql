-- Journal keys of hardware that a box no longer has: they hold for the checkpoints that it signed.

CREATE TABLE centre.former_journal_keys (
  tenant_id uuid NOT NULL,
  box_id text NOT NULL,
  origin text NOT NULL,
  -- checkpoints of up to so many traces are signed by it, none of more
  until_size bigint NOT NULL CHECK (until_size >= 0),
  journal_key text NOT NULL,
  replaced_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, box_id, origin, until_size),
  FOREIGN KEY (tenant_id, box_id) REFERENCES centre.boxes
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON centre.former_journal_keys
  FOR EACH ROW EXECUTE FUNCTION centre.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON centre.former_journal_keys
  FOR EACH STATEMENT EXECUTE FUNCTION centre.refuse_change();
