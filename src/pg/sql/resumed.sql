-- $1 ids of stopped partitions.
SELECT count(*) > 0 FROM mentord.progress p WHERE p.id = ANY ($1::bigint[]) AND p.stopped_at IS NULL;
