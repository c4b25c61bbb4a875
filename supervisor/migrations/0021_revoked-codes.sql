-- A code that an operator took back before it was used.

ALTER TABLE centre.enrolment_codes ADD COLUMN revoked_at timestamptz;
