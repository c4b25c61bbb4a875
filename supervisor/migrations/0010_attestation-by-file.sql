-- Boxes that ship by file: the nonce of their first quote, before any receipt carries one. Null for keys of before.
ALTER TABLE centre.attestation_keys ADD COLUMN enrolment_nonce bytea
  CHECK (octet_length(enrolment_nonce) = 32);
