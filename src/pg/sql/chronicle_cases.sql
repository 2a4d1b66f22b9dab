-- After chronicle_slice. Only what a decision depends on, and what it came to. A citizen_ref is a digest, so its bytes divide citizens
-- evenly: the first three sample, the last divides. Each setting is read once, as a subquery.
COPY (
    SELECT d.batch, d.index, d.progress_id, d.source_offset, d.application_id, d.version, d.citizen_ref, d.citizen_seq,
        d.evaluated_at_ms, d.outcome, d.total_ore, d.conflict, d.quarantined, d.rulebook, d.periods, d.input
    FROM mentord.decision d
    WHERE d.evaluated_at_ms >= (SELECT current_setting('mentord.from_ms')::bigint)
        AND d.evaluated_at_ms < (SELECT current_setting('mentord.to_ms')::bigint)
        AND get_byte(d.citizen_ref, 15) % (SELECT current_setting('mentord.slices')::integer)
            = (SELECT current_setting('mentord.slice')::integer)
        AND get_byte(d.citizen_ref, 0) * 65536 + get_byte(d.citizen_ref, 1) * 256 + get_byte(d.citizen_ref, 2)
            < (SELECT current_setting('mentord.sample')::integer)
    ORDER BY d.batch, d.index
) TO STDOUT (FORMAT binary);
