-- How far each witness has come, and under which checkpoints several stand.
CREATE INDEX cosignatures_by_name ON journal.cosignatures (name, size);
