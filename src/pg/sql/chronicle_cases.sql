-- After chronicle_slice. Only what a decision depends on, and what it came to; headers only where the input is sealed in them.
-- Each setting is read once, as a subquery. A row that lacks what is asked for is handed out, in the first slice: it is to be told.
COPY (
    SELECT d.batch, d.index, d.source_offset, d.application_id, d.version, d.citizen_ref, d.citizen_seq,
        d.evaluated_at_ms, d.outcome, d.total_ore, d.conflict, d.quarantined, d.rulebook, d.periods, d.input,
        CASE WHEN d.key_id IS NOT NULL THEN d.headers END,
        d.progress_id, d.key_id, y.wrapped[(d.key_id & 31)::integer + 1], CASE WHEN e.id IS NOT NULL THEN e.citizen_ref IS NOT NULL END,
        CASE WHEN e.id IS NULL THEN d.erasure END, NULL
    FROM mentord.decision d
    LEFT JOIN mentord.citizen_key y ON y.id = d.key_id >> 5
    LEFT JOIN (:part_erasures) AS e ON e.id = coalesce(d.erasure, y.erasure[(d.key_id & 31)::integer + 1])
        AND d.evaluated_at_ms <= e.until_ms AND (e.citizen_ref = d.citizen_ref OR d.evaluated_at_ms < e.before_ms)
    WHERE (d.evaluated_at_ms >= (SELECT current_setting('mentord.from_ms')::bigint)
            AND d.evaluated_at_ms < (SELECT current_setting('mentord.to_ms')::bigint)) IS NOT FALSE
        AND coalesce(d.citizen_ref, '') >= (SELECT decode(current_setting('mentord.citizen_from'), 'hex'))
        AND coalesce(d.citizen_ref, '') < (SELECT decode(current_setting('mentord.citizen_to'), 'hex'))
    ORDER BY d.batch, d.index
) TO STDOUT (FORMAT binary);
