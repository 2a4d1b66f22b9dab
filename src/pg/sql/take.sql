-- $1 cluster, $2 topic, $3 partitions, $4 owner. Waits for whoever holds a row, so what it returns is the truth, also
-- after a lost COMMIT reply. An owner that was not given back has died.
UPDATE mentord.progress p
SET epoch = p.epoch + 1,
    takeovers = CASE WHEN p.owner IS NULL THEN 0 ELSE p.takeovers + 1 END,
    owner = $4::text,
    backend_pid = pg_backend_pid(),
    backend_start = (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()),
    updated_at = now()
WHERE p.cluster = $1::text AND p.topic = $2::text AND p.partition = ANY ($3::integer[])
RETURNING p.partition, p.id, p.epoch, p.next_offset, p.emitted_offset, p.evaluated_at_ms, p.last_offset,
    p.last_digest, p.takeovers, p.tried_offset, p.tries, p.stopped_at IS NOT NULL, p.breaker, p.batch, p.link;
