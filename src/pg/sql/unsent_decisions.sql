-- $1 progress id, $2 from this offset on, $3 at most so many. The ledger finds the batches; in source order.
SELECT d.source_offset, d.decision_id, d.citizen_ref, d.citizen_seq, d.outcome, d.evaluated_at_ms,
    d.late_ms, d.trace, d.output
FROM mentord.batch b
JOIN mentord.decision d ON d.batch = b.id AND d.progress_id = b.progress_id
WHERE b.progress_id = $1::bigint AND b.next_offset > $2::bigint AND d.source_offset >= $2::bigint
ORDER BY b.next_offset, d.source_offset
LIMIT $3::integer;
