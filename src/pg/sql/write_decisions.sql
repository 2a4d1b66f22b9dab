-- $1 batch, $2 rulebook, $3 core version, then an array a column; the place in them is the index.
INSERT INTO mentord.decision (batch, rulebook, core_version, index,
    progress_id, source_offset, application_id, version, application_seq, citizen_ref, citizen_seq, decision_id,
    event_key, event_id, outcome, total_ore, start_date, end_date, evaluated_at_ms, late_ms, conflict, quarantined,
    periods, headers, trace, input, output)
SELECT $1::bigint, $2::bytea, $3::integer, g.n - 1,
    g.progress_id, g.source_offset, g.application_id, g.version, g.application_seq, g.citizen_ref, g.citizen_seq,
    g.decision_id, g.event_key, g.event_id, g.outcome, g.total_ore, g.start_date, g.end_date, g.evaluated_at_ms,
    g.late_ms, g.conflict, g.quarantined, g.periods, g.headers, g.trace, g.input, g.output
FROM unnest($4::bigint[], $5::bigint[], $6::uuid[], $7::bigint[], $8::bigint[], $9::bytea[], $10::bigint[],
    $11::uuid[], $12::bytea[], $13::text[], $14::smallint[], $15::bigint[], $16::date[], $17::date[], $18::bigint[],
    $19::bigint[], $20::boolean[], $21::boolean[], $22::bytea[], $23::bytea[], $24::bytea[], $25::bytea[], $26::bytea[])
    WITH ORDINALITY AS g (progress_id, source_offset, application_id, version, application_seq, citizen_ref, citizen_seq,
        decision_id, event_key, event_id, outcome, total_ore, start_date, end_date, evaluated_at_ms,
        late_ms, conflict, quarantined, periods, headers, trace, input, output, n);
