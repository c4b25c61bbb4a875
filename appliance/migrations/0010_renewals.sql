-- Renewal of outside tokens before they stop proving (RFC 4998): tokens over hash trees of many, and what each record keeps of them.

CREATE TABLE journal.renewals (
  number integer PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('time-stamp-renewal', 'hash-tree-renewal')),
  -- Of the tree; a time-stamp renewal goes on with that of the chains it renews.
  algorithm text NOT NULL,
  root bytea NOT NULL,
  received_at timestamptz NOT NULL
);

CREATE TABLE journal.renewal_tokens (
  renewal integer NOT NULL REFERENCES journal.renewals (number),
  -- In the order in which the authorities were asked.
  place smallint NOT NULL,
  -- The authority's name in the settings, and in its certificate.
  authority text NOT NULL,
  subject text NOT NULL,
  gen_time timestamptz NOT NULL,
  token bytea NOT NULL,
  token_sha256 bytea NOT NULL CHECK (octet_length(token_sha256) = 32),
  -- DER: the signer's certificate, then its issuers up to the root; the revocation lists of the time.
  path bytea[] NOT NULL,
  lists bytea[] NOT NULL,
  PRIMARY KEY (renewal, place)
);

-- One row for each outside token that a renewal covers: its record goes on with one of the renewal's tokens.
CREATE TABLE journal.renewed_records (
  size bigint NOT NULL,
  place smallint NOT NULL,
  renewal integer NOT NULL,
  token_place smallint NOT NULL,
  -- Hashes of the reduced hash tree, one after the other: the first two are its first list, each of the others one of its own.
  reduced bytea NOT NULL,
  PRIMARY KEY (size, place, renewal),
  FOREIGN KEY (size, place) REFERENCES journal.outside_tokens (size, place),
  FOREIGN KEY (renewal, token_place) REFERENCES journal.renewal_tokens (renewal, place)
);
CREATE INDEX renewed_records_by_renewal ON journal.renewed_records (renewal, size, place);

-- What tokens rest on, read from them once: a cache.
CREATE TABLE journal.token_terms (
  token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
  -- When the first certificate of its authority's path ends.
  path_ends timestamptz NOT NULL,
  algorithms text[] NOT NULL
);

CREATE INDEX outside_tokens_by_digest ON journal.outside_tokens (token_sha256);
CREATE INDEX traces_of_renewals ON journal.traces (seq) WHERE act = 'evidence-renewed';

-- Each outside token with the token that its record ends with now.
CREATE VIEW journal.newest_tokens AS
  SELECT o.size, o.place, n.renewal,
    coalesce(n.algorithm, 'sha512') AS algorithm,
    coalesce(n.subject, o.subject) AS subject,
    coalesce(n.token_sha256, o.token_sha256) AS token_sha256
  FROM journal.outside_tokens o
  LEFT JOIN LATERAL (
    SELECT r.renewal, w.algorithm, t.subject, t.token_sha256
    FROM journal.renewed_records r
    JOIN journal.renewals w ON w.number = r.renewal
    JOIN journal.renewal_tokens t ON t.renewal = r.renewal AND t.place = r.token_place
    WHERE r.size = o.size AND r.place = o.place
    ORDER BY r.renewal DESC LIMIT 1
  ) n ON true;

CREATE TRIGGER renewals_append_only BEFORE UPDATE OR DELETE ON journal.renewals
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER renewal_tokens_append_only BEFORE UPDATE OR DELETE ON journal.renewal_tokens
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();
CREATE TRIGGER renewed_records_append_only BEFORE UPDATE OR DELETE ON journal.renewed_records
  FOR EACH ROW EXECUTE FUNCTION journal.refuse_change();

GRANT SELECT, INSERT ON journal.renewals, journal.renewal_tokens, journal.renewed_records, journal.token_terms TO box_service;
GRANT SELECT ON journal.newest_tokens TO box_service;
GRANT SELECT ON journal.renewals, journal.renewal_tokens, journal.renewed_records TO box_journal_reader;
