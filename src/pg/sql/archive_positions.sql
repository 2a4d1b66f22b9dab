-- $1 cluster, $2 topic.
SELECT p.partition, p.epoch, coalesce(p.owner, ''), p.next_offset, p.emitted_offset, p.evaluated_at_ms,
    floor(extract(epoch FROM p.updated_at) * 1000)::bigint,
    (SELECT count(*) FROM mentord.quarantine q WHERE q.progress_id = p.id AND q.state = 'open'), p.takeovers,
    coalesce(floor(extract(epoch FROM p.stopped_at) * 1000)::bigint, 0)
FROM mentord.progress p
WHERE p.cluster = $1::text AND p.topic = $2::text
ORDER BY p.partition;
