-- $1 progress id, $2 offset, $3 at most so many. An erasure counts when it is of this record: as in chronicle_decisions; by age only what was
-- closed. One that is named and does not count has no kind, and a time.
SELECT q.progress_id, q.source_offset, q.batch, q.arms, q.state, q.citizen_ref, q.reason, q.redrives, q.key, q.value, q.headers,
    q.redriven_progress_id, q.redriven_offset, q.redriven_batch, q.redriven_index, q.at_ms, q.status::integer, q.value_sha256,
    y.citizen_ref[(q.key_id & 31)::integer + 1], q.progress_id, q.key_id, y.wrapped[(q.key_id & 31)::integer + 1], CASE WHEN e.id IS NOT NULL THEN e.citizen_ref IS NOT NULL END,
    CASE WHEN e.id IS NULL THEN q.erasure WHEN isfinite(e.erased_at) THEN floor(extract(epoch FROM e.erased_at) * 1000)::bigint END, e.why
FROM mentord.quarantine q
LEFT JOIN mentord.citizen_key y ON y.id = q.key_id >> 5
LEFT JOIN mentord.erasure e ON e.id = q.erasure AND coalesce(
    (e.citizen_ref = q.citizen_ref OR e.citizen_ref = y.citizen_ref[(q.key_id & 31)::integer + 1])
        AND (q.at_ms <= extract(epoch FROM e.erased_at) * 1000 + 300000 OR (SELECT m.demo FROM mentord.meta m)),
    q.state <> 'open' AND q.at_ms < floor(extract(epoch FROM e.decided_before) * 1000))
WHERE (q.progress_id, q.source_offset) > ($1::bigint, $2::bigint)
ORDER BY q.progress_id, q.source_offset
LIMIT $3::integer;
