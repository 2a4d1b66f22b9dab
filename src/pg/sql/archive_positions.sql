-- $1 cluster, $2 topic.
SELECT p.partition, p.epoch, coalesce(p.owner, ''), p.next_offset, p.emitted_offset, p.evaluated_at_ms,
    floor(extract(epoch FROM p.updated_at) * 1000)::bigint,
    (SELECT count(*) FROM mentord.quarantine q WHERE q.progress_id = p.id AND q.state = 'open'), p.takeovers,
    coalesce(floor(extract(epoch FROM p.stopped_at) * 1000)::bigint, 0), coalesce(r.version, ''), r.sha256
FROM mentord.progress p
LEFT JOIN mentord.rulebook r ON r.sha256 = (
    SELECT b.rulebook FROM mentord.batch b WHERE b.progress_id = p.id ORDER BY b.next_offset DESC LIMIT 1
)
WHERE p.cluster = $1::text AND p.topic = $2::text
ORDER BY p.partition;
