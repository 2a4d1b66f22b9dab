-- $1 progress id, $2 from this offset on, $3 at most so many. Also rows that a person has closed: they were promised.
SELECT q.source_offset, q.reason, q.redrives, q.at_ms, q.key, q.value, q.headers
FROM mentord.quarantine q
WHERE q.progress_id = $1::bigint AND q.source_offset >= $2::bigint
ORDER BY q.source_offset
LIMIT $3::integer;
