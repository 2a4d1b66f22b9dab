-- $1 cluster, $2 topic, $3 open ones only, after ($4 partition, $5 offset), $6 at most so many. Erasures as in
-- chronicle_refusals.
SELECT p.partition, q.source_offset, q.reason, q.state, q.arms, q.at_ms, q.redrives, coalesce(q.why, ''), q.key, q.value,
    q.headers, p.topic, coalesce(n.partition, -1), coalesce(q.redriven_offset, -1), d.decision_id,
    y.citizen_ref[(q.key_id & 31)::integer + 1], q.progress_id, q.key_id, y.wrapped[(q.key_id & 31)::integer + 1], CASE WHEN e.id IS NOT NULL THEN e.citizen_ref IS NOT NULL END,
    CASE WHEN e.id IS NULL THEN q.erasure ELSE e.erased_ms END, e.why
FROM mentord.progress p
JOIN mentord.quarantine q ON q.progress_id = p.id
LEFT JOIN mentord.progress n ON n.id = q.redriven_progress_id
LEFT JOIN mentord.decision d ON d.batch = q.redriven_batch AND d.index = q.redriven_index
LEFT JOIN mentord.citizen_key y ON y.id = q.key_id >> 5
LEFT JOIN (:part_erasures) AS e ON e.id = q.erasure
    AND q.at_ms <= e.until_ms AND (e.citizen_ref IN (q.citizen_ref, y.citizen_ref[(q.key_id & 31)::integer + 1])
        OR q.state <> 'open' AND q.at_ms < e.before_ms)
WHERE p.cluster = $1::text AND p.topic = $2::text
    AND (p.partition, q.source_offset) > ($4::integer, $5::bigint)
    AND (NOT $3::boolean OR q.state = 'open')
ORDER BY p.partition, q.source_offset
LIMIT $6::integer;
