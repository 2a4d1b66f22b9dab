-- $1 cluster, $2 topic, $3 open ones only, after ($4 partition, $5 offset), $6 at most so many.
SELECT p.partition, q.source_offset, q.reason, q.state, q.arms, q.at_ms, q.redrives, coalesce(q.why, ''), q.key, q.value,
    q.headers, p.topic
FROM mentord.progress p
JOIN mentord.quarantine q ON q.progress_id = p.id
WHERE p.cluster = $1::text AND p.topic = $2::text
    AND (p.partition, q.source_offset) > ($4::integer, $5::bigint)
    AND (NOT $3::boolean OR q.state = 'open')
ORDER BY p.partition, q.source_offset
LIMIT $6::integer;
