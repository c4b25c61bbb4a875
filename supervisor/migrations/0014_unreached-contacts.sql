-- Contacts that stand in for others, what becomes of a message that isn't taken, and messages that show that the way is open.

ALTER TABLE centre.contacts
  -- told when that one can't be reached; null: told at once
  ADD COLUMN stands_in_for uuid,
  ADD COLUMN broken_since timestamptz,
  -- refused: a message was; delayed: none was taken for a while; unconfirmed: nobody confirmed a test message
  ADD COLUMN broken_why text CHECK (broken_why IN ('refused', 'delayed', 'unconfirmed')),
  ADD COLUMN next_test_at timestamptz,
  ADD COLUMN test_awaited_since timestamptz,
  ADD COLUMN next_all_clear_at timestamptz,
  ADD FOREIGN KEY (tenant_id, stands_in_for) REFERENCES centre.contacts,
  ADD CHECK (stands_in_for <> contact_id),
  ADD CHECK ((broken_since IS NULL) = (broken_why IS NULL));
CREATE UNIQUE INDEX one_stand_in ON centre.contacts (tenant_id, stands_in_for) WHERE removed_at IS NULL;

-- When another contact was told in its place, if there is one; what failed before this version is left as it was.
ALTER TABLE centre.notifications ADD COLUMN fell_back_at timestamptz;
UPDATE centre.notifications SET fell_back_at = now() WHERE state = 'failed';
CREATE INDEX notifications_not_taken ON centre.notifications (created_at)
  WHERE fell_back_at IS NULL AND state IN ('pending', 'failed');
