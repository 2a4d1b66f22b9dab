-- $1 batches, $2 indexes, as an application's state has them. An erasure counts when it is of this decision; one that is named and does not
-- count has no kind, and a time.
SELECT d.source_offset, d.decision_id, d.citizen_ref, d.citizen_seq, d.outcome, d.evaluated_at_ms, d.late_ms, d.trace,
    d.output, d.batch, d.index, p.partition, d.application_seq, d.rulebook, d.core_version, d.conflict, d.quarantined,
    d.periods, d.headers, d.input, d.progress_id, d.key_id, y.wrapped[(d.key_id & 31)::integer + 1], CASE WHEN e.id IS NOT NULL THEN e.citizen_ref IS NOT NULL END,
    CASE WHEN e.id IS NULL THEN d.erasure ELSE e.erased_ms END, e.why
FROM unnest($1::bigint[], $2::integer[]) AS k (batch, index)
JOIN mentord.decision d ON d.batch = k.batch AND d.index = k.index
JOIN mentord.progress p ON p.id = d.progress_id
LEFT JOIN mentord.citizen_key y ON y.id = d.key_id >> 5
LEFT JOIN (:part_erasures) AS e ON e.id = coalesce(d.erasure, y.erasure[(d.key_id & 31)::integer + 1])
    AND d.evaluated_at_ms <= e.until_ms AND (e.citizen_ref = d.citizen_ref OR d.evaluated_at_ms < e.before_ms)
ORDER BY d.application_seq;
