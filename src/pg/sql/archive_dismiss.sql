-- $1 cluster, $2 topic, $3 partition, $4 offset, $5 why. Closes an open row, and tells whether it disarms a citizen.
UPDATE mentord.quarantine q
SET state = 'dismissed', why = $5::text, closed_at = now(), closed_by = session_user
FROM mentord.progress p
WHERE p.cluster = $1::text AND p.topic = $2::text AND p.partition = $3::integer
    AND q.progress_id = p.id AND q.source_offset = $4::bigint AND q.state = 'open'
RETURNING CASE WHEN q.arms THEN q.citizen_ref END;
