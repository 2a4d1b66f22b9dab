-- For tests/bench/run alone: see unchained.c.
ALTER TABLE mentord.batch DROP COLUMN root, DROP COLUMN link;
ALTER TABLE mentord.progress DROP COLUMN link;
