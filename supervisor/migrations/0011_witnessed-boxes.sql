-- Boxes that another centre follows: here their heads are cosigned over HTTP, and nothing else is expected of them.
ALTER TABLE centre.boxes ADD COLUMN witness_only boolean NOT NULL DEFAULT false;
