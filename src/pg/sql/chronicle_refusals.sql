-- $1 progress id, $2 offset, $3 at most so many. An erasure counts when it is of this record; by age only what was
-- closed. One that is named and does not count has no kind, and a time.
SELECT q.progress_id, q.source_offset, q.batch, q.arms, q.state, q.citizen_ref, q.reason, q.redrives, q.key, q.value, q.headers,
    q.redriven_progress_id, q.redriven_offset, q.redriven_batch, q.redriven_index, q.at_ms, q.status::integer, q.value_sha256,
    y.citizen_ref[(q.key_id & 31)::integer + 1], q.progress_id, q.key_id, y.wrapped[(q.key_id & 31)::integer + 1], CASE WHEN e.id IS NOT NULL THEN e.citizen_ref IS NOT NULL END,
    CASE WHEN e.id IS NULL THEN q.erasure ELSE e.erased_ms END, e.why
FROM mentord.quarantine q
LEFT JOIN mentord.citizen_key y ON y.id = q.key_id >> 5
LEFT JOIN (:part_erasures) AS e ON e.id = q.erasure
    AND q.at_ms <= e.until_ms AND (e.citizen_ref IN (q.citizen_ref, y.citizen_ref[(q.key_id & 31)::integer + 1])
        OR q.state <> 'open' AND q.at_ms < e.before_ms)
WHERE (q.progress_id, q.source_offset) > ($1::bigint, $2::bigint)
ORDER BY q.progress_id, q.source_offset
LIMIT $3::integer;
