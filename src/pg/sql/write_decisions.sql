-- $1 batch, $2 rulebook, $3 core version, then an array a column; the place in them is the index. Sets in the select list
-- go row by row; unnest of many arrays in FROM would copy every row through a tuplestore first (a tenth of the server's CPU).
INSERT INTO mentord.decision (batch, rulebook, core_version, index,
    progress_id, source_offset, application_id, version, application_seq, citizen_ref, citizen_seq, decision_id,
    outcome, total_ore, start_date, end_date, evaluated_at_ms, late_ms, conflict, quarantined,
    periods, headers, trace, input, output, key_id)
SELECT $1::bigint, $2::bytea, $3::integer, generate_series(0, cardinality($4::bigint[]) - 1),
    unnest($4::bigint[]), unnest($5::bigint[]), unnest($6::uuid[]), unnest($7::bigint[]), unnest($8::bigint[]),
    unnest($9::bytea[]), unnest($10::bigint[]), unnest($11::uuid[]), unnest($12::smallint[]), unnest($13::bigint[]),
    unnest($14::date[]), unnest($15::date[]), unnest($16::bigint[]), unnest($17::bigint[]), unnest($18::boolean[]),
    unnest($19::boolean[]), unnest($20::bytea[]), unnest($21::bytea[]), unnest($22::bytea[]), unnest($23::bytea[]),
    unnest($24::bytea[]), unnest($25::bigint[]);
