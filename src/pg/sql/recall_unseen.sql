-- $1 ids, $2 epochs, $3 milliseconds, $4 the taker's transactional id or '': notes of which of these outputs were sent whose transaction's end nobody has
-- seen, so long ago that the broker may have ended the next one by itself, and that one with it. By how recall_note.sql has it, they were written after
-- what they come of was stored. What idempotent mode has left to be sent again goes in transactions now, if there is an id. Only our own.
WITH unsent AS (
    UPDATE mentord.progress p
    SET seen_offset = p.emitted_offset
    FROM unnest($1::bigint[], $2::bigint[]) AS g (id, epoch)
    WHERE $4::text <> '' AND p.id = g.id AND p.epoch = g.epoch AND p.seen_offset > p.emitted_offset
)
INSERT INTO mentord.recall (progress_id, since_ms)
SELECT p.id, greatest(0, stored.evaluated_at_ms - 10000)
FROM unnest($1::bigint[], $2::bigint[]) AS g (id, epoch)
JOIN mentord.progress p ON p.id = g.id AND p.epoch = g.epoch
CROSS JOIN LATERAL (
    SELECT b.evaluated_at_ms
    FROM mentord.batch b
    WHERE b.progress_id = p.id AND b.next_offset > p.seen_offset
    ORDER BY b.next_offset
    LIMIT 1
) AS stored
WHERE p.seen_offset < p.next_offset AND stored.evaluated_at_ms < extract(epoch FROM now()) * 1000 - $3::bigint
ON CONFLICT (progress_id) DO UPDATE
SET since_ms = least(recall.since_ms, excluded.since_ms), noted_at = excluded.noted_at
RETURNING progress_id;
