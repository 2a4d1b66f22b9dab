-- $1 batch, $2 rulebook, $3 core version, $4 the first one's index, then an array a column. Sets in the select list
-- go row by row; unnest of many arrays in FROM would copy every row through a tuplestore first (a tenth of the server's CPU).
INSERT INTO mentord.decision (batch, rulebook, core_version, index,
    progress_id, source_offset, application_id, version, application_seq, citizen_ref, citizen_seq, decision_id,
    outcome, total_ore, start_date, end_date, evaluated_at_ms, late_ms, conflict, quarantined,
    periods, headers, trace, input, output, key_id)
SELECT $1::bigint, $2::bytea, $3::integer, generate_series($4::integer, $4::integer + cardinality($5::bigint[]) - 1),
    unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::uuid[]), unnest($8::bigint[]), unnest($9::bigint[]),
    unnest($10::bytea[]), unnest($11::bigint[]), unnest($12::uuid[]), unnest($13::smallint[]), unnest($14::bigint[]),
    unnest($15::date[]), unnest($16::date[]), unnest($17::bigint[]), unnest($18::bigint[]), unnest($19::boolean[]),
    unnest($20::boolean[]), unnest($21::bytea[]), unnest($22::bytea[]), unnest($23::bytea[]), unnest($24::bytea[]),
    unnest($25::bytea[]), unnest($26::bigint[]);
