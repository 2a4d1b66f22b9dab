-- $1 progress id, $2 next offset, $3 batch, $4 at most so many. By all three: a superuser can put in a second range that ends where another does. Entries only where they are wanted: they are most of the row.
SELECT b.id, b.progress_id, b.first_offset, b.next_offset, b.epoch, b.evaluated_at_ms, b.decided::bigint,
    b.duplicate::bigint, b.dlq::bigint, b.skipped, b.gap, b.rulebook, CASE WHEN b.dlq > 0 THEN b.entries ELSE '' END, b.root, b.link
FROM mentord.batch b
WHERE (b.progress_id, b.next_offset, b.id) > ($1::bigint, $2::bigint, $3::bigint)
ORDER BY b.progress_id, b.next_offset, b.id
LIMIT $4::integer;
