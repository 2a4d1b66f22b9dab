-- $1 batch, $2 before this one.
SELECT b.id, b.progress_id, b.first_offset, b.next_offset, b.epoch, b.evaluated_at_ms, b.decided::bigint,
    b.duplicate::bigint, b.dlq::bigint, b.skipped, b.gap, b.rulebook, b.entries, b.root, b.link
FROM mentord.batch b
WHERE b.id >= $1::bigint AND b.id < $2::bigint
ORDER BY b.id, b.progress_id;
