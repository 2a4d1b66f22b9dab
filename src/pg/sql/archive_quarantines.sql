-- $1 cluster, $2 topic, $3 open ones only, after ($4 partition, $5 offset), $6 at most so many.
SELECT p.partition, q.source_offset, q.reason, q.state, q.arms, q.at_ms, q.redrives, coalesce(q.why, ''), q.key, q.value,
    q.headers, p.topic, coalesce(n.partition, -1), coalesce(q.redriven_offset, -1), d.decision_id,
    y.citizen_ref[(q.key_id & 31)::integer + 1], q.progress_id, q.key_id, y.wrapped[(q.key_id & 31)::integer + 1], CASE WHEN e.id IS NOT NULL THEN e.citizen_ref IS NOT NULL END,
    floor(extract(epoch FROM e.erased_at) * 1000)::bigint, e.why
FROM mentord.progress p
JOIN mentord.quarantine q ON q.progress_id = p.id
LEFT JOIN mentord.progress n ON n.id = q.redriven_progress_id
LEFT JOIN mentord.decision d ON d.batch = q.redriven_batch AND d.index = q.redriven_index
LEFT JOIN mentord.citizen_key y ON y.id = q.key_id >> 5
LEFT JOIN mentord.erasure e ON e.id = q.erasure
WHERE p.cluster = $1::text AND p.topic = $2::text
    AND (p.partition, q.source_offset) > ($4::integer, $5::bigint)
    AND (NOT $3::boolean OR q.state = 'open')
ORDER BY p.partition, q.source_offset
LIMIT $6::integer;
