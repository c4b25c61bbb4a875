-- A window may last several days: closed sites ship a file every eight weeks.
ALTER TABLE centre.schedules ADD COLUMN every_days integer NOT NULL DEFAULT 1 CHECK (every_days BETWEEN 1 AND 366);
