-- $1 candidate, then one array a column.
INSERT INTO mentord.shadow_divergence (candidate, rulebook, progress_id, source_offset, application_id, version,
    evaluated_at_ms, outcome, candidate_outcome, rules, candidate_rules, granted_ore, candidate_ore)
SELECT $1::bytea, g.*
FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::uuid[], $6::bigint[], $7::bigint[], $8::smallint[], $9::smallint[],
    $10::text[], $11::text[], $12::bigint[], $13::bigint[]) AS g;
