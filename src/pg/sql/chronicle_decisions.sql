-- After chronicle_between. The partition is its position's. The application's row only where decisions came before, or its
-- payload may not be there to make the decision again. COPY: the server goes on while its rows are worked on, and a field
-- costs half of what it does in a result. No joins and no look at the selection for most rows: each costs more than the row's place in its index.
-- LIMIT 1: a superuser can put a row in twice, which is told elsewhere.
COPY (
    SELECT d.source_offset, d.decision_id, d.citizen_ref, d.citizen_seq, d.outcome, d.evaluated_at_ms, d.late_ms, d.trace,
        d.output, d.batch, d.index, -1, d.application_seq, d.rulebook, d.core_version, d.conflict,
        d.quarantined, d.periods, d.headers, d.input, d.progress_id, d.key_id,
        CASE WHEN d.key_id IS NOT NULL THEN (SELECT y.wrapped[(d.key_id & 31)::integer + 1] FROM mentord.citizen_key y WHERE y.id = d.key_id >> 5 LIMIT 1) END,
        CASE WHEN d.key_id IS NOT NULL OR d.erasure IS NOT NULL THEN (
            SELECT e.citizen_ref IS NOT NULL FROM (:part_erasures) AS e
            WHERE e.id = coalesce(d.erasure, (SELECT y.erasure[(d.key_id & 31)::integer + 1] FROM mentord.citizen_key y WHERE y.id = d.key_id >> 5 LIMIT 1))
                AND d.evaluated_at_ms <= e.until_ms AND (e.citizen_ref = d.citizen_ref OR d.evaluated_at_ms < e.before_ms)
            LIMIT 1
        ) END,
        CASE WHEN d.erasure IS NOT NULL AND NOT EXISTS ( -- an erasure that there is not, or not of it
            SELECT FROM (:part_erasures) AS e
            WHERE e.id = d.erasure
                AND d.evaluated_at_ms <= e.until_ms AND (e.citizen_ref = d.citizen_ref OR d.evaluated_at_ms < e.before_ms)
        ) THEN d.erasure END, NULL,
        d.application_id, d.version, d.total_ore, d.start_date, d.end_date,
        CASE WHEN d.application_seq > 1 OR d.erasure IS NOT NULL OR d.key_id IS NOT NULL THEN (
            SELECT a.state FROM mentord.application a WHERE a.id = d.application_id LIMIT 1
        ) END
    FROM mentord.decision d
    WHERE d.batch >= current_setting('mentord.batch')::bigint AND d.batch < current_setting('mentord.batch_end')::bigint
        -- Each setting is read once, not for every row. A row that lacks what is asked for is handed out: it is to be told.
        AND ((SELECT current_setting('mentord.selected') = '') OR (
            d.evaluated_at_ms >= (SELECT current_setting('mentord.from_ms')::bigint)
            AND d.evaluated_at_ms < (SELECT current_setting('mentord.to_ms')::bigint)
            AND d.source_offset >= (SELECT current_setting('mentord.offset_first')::bigint)
            AND d.source_offset <= (SELECT current_setting('mentord.offset_last')::bigint)
            AND ((SELECT current_setting('mentord.partition') = '-1') OR d.progress_id IN (
                SELECT p.id FROM mentord.progress p WHERE p.partition = current_setting('mentord.partition')::integer
            ))
            AND ((SELECT current_setting('mentord.application') = '')
                OR d.application_id = (SELECT nullif(current_setting('mentord.application'), '')::uuid))
        ) IS NOT FALSE)
    ORDER BY d.batch, d.index
) TO STDOUT (FORMAT binary);
