-- $1 progress id, $2 offset, $3 at most so many.
SELECT q.progress_id, q.source_offset, q.batch, q.arms, q.state, q.citizen_ref, q.reason, q.redrives, q.key, q.value, q.headers,
    q.redriven_progress_id, q.redriven_offset, q.redriven_batch, q.redriven_index
FROM mentord.quarantine q
WHERE (q.progress_id, q.source_offset) > ($1::bigint, $2::bigint)
ORDER BY q.progress_id, q.source_offset
LIMIT $3::integer;
