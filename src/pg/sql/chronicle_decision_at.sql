-- $1 progress id, $2 offset. The ledger finds the batch.
SELECT d.source_offset, d.decision_id, d.citizen_ref, d.citizen_seq, d.outcome, d.evaluated_at_ms, d.late_ms, d.trace,
    d.output, d.batch, d.index, coalesce(p.partition, -1), d.application_seq, d.rulebook, d.core_version, d.conflict,
    d.quarantined, d.periods, d.headers, d.input,
    d.progress_id, d.application_id, d.version, d.total_ore, d.start_date, d.end_date,
    CASE WHEN d.application_seq > 1 THEN (SELECT a.state FROM mentord.application a WHERE a.id = d.application_id) END
FROM (
    SELECT b.id FROM mentord.batch b
    WHERE b.progress_id = $1::bigint AND b.next_offset > $2::bigint
    ORDER BY b.next_offset
    LIMIT 1
) AS of
JOIN mentord.decision d ON d.batch = of.id
LEFT JOIN mentord.progress p ON p.id = d.progress_id
WHERE d.progress_id = $1::bigint AND d.source_offset = $2::bigint;
