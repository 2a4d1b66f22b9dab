-- $1 progress id, $2 from this offset on, $3 at most so many. Also rows that a person has closed: they were promised.
SELECT q.source_offset, q.reason, q.redrives, q.at_ms, q.key, q.value, q.headers,
    y.citizen_ref[(q.key_id & 31)::integer + 1], q.progress_id, q.key_id, y.wrapped[(q.key_id & 31)::integer + 1], CASE WHEN e.id IS NOT NULL THEN e.citizen_ref IS NOT NULL END,
    floor(extract(epoch FROM e.erased_at) * 1000)::bigint, e.why
FROM mentord.quarantine q
LEFT JOIN mentord.citizen_key y ON y.id = q.key_id >> 5
LEFT JOIN mentord.erasure e ON e.id = q.erasure
WHERE q.progress_id = $1::bigint AND q.source_offset >= $2::bigint
ORDER BY q.source_offset
LIMIT $3::integer;
