-- $1 cluster, $2 topic, $3 partitions, $4 owner, $5 its transactional id or '', $6 epochs by which the owner has held them. Waits for whoever holds a
-- row, so what it returns is the truth, also after a lost COMMIT reply. An owner that has not given it back has died, unless it is this one.
UPDATE mentord.progress p
SET epoch = p.epoch + 1,
    takeovers = CASE WHEN p.owner IS NULL THEN 0 WHEN p.epoch = t.held THEN p.takeovers ELSE p.takeovers + 1 END,
    owner = $4::text,
    orphan_ids = array_remove(
        CASE WHEN p.owner IS NULL OR p.transactional_id = '' OR p.transactional_id = ANY (p.orphan_ids) THEN p.orphan_ids
            ELSE p.orphan_ids || p.transactional_id END,
        $5::text), -- the taker's own is no orphan
    transactional_id = $5::text,
    backend_pid = pg_backend_pid(),
    backend_start = (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid()),
    updated_at = now()
FROM unnest($3::integer[], $6::bigint[]) AS t (partition, held)
WHERE p.cluster = $1::text AND p.topic = $2::text AND p.partition = t.partition
RETURNING p.partition, p.id, p.epoch, p.next_offset, p.emitted_offset, p.evaluated_at_ms, p.last_offset,
    p.last_digest, p.takeovers, p.tried_offset, p.tries, p.stopped_at IS NOT NULL, p.breaker, p.batch, p.link,
    EXISTS (SELECT FROM mentord.recall r WHERE r.progress_id = p.id);
