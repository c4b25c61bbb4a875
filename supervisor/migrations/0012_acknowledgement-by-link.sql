-- Who took charge of an alert by the link in a message; acknowledged_by names operators.

ALTER TABLE centre.alerts ADD COLUMN acknowledged_by_contact uuid;
