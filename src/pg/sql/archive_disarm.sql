-- $1 citizen ref. Compare-and-set in the worker's batch covers it: a batch that has read the row is stale now.
UPDATE mentord.citizen c SET armed = c.armed - 1 WHERE c.ref = $1::bytea AND c.armed > 0;
