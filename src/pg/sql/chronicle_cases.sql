-- After chronicle_slice. Only what a decision depends on, and what it came to. Each setting is read once, as a subquery.
COPY (
    SELECT d.batch, d.index, d.progress_id, d.source_offset, d.application_id, d.version, d.citizen_ref, d.citizen_seq,
        d.evaluated_at_ms, d.outcome, d.total_ore, d.conflict, d.quarantined, d.rulebook, d.periods, d.input
    FROM mentord.decision d
    WHERE d.evaluated_at_ms >= (SELECT current_setting('mentord.from_ms')::bigint)
        AND d.evaluated_at_ms < (SELECT current_setting('mentord.to_ms')::bigint)
        AND d.citizen_ref >= (SELECT decode(current_setting('mentord.citizen_from'), 'hex'))
        AND d.citizen_ref < (SELECT decode(current_setting('mentord.citizen_to'), 'hex'))
    ORDER BY d.batch, d.index
) TO STDOUT (FORMAT binary);
