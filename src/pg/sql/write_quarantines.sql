-- $1 batch, then an array a column.
INSERT INTO mentord.quarantine (batch, progress_id, source_offset, at_ms, redrives, status, arms, reason, citizen_ref,
    key, value, headers, key_id, value_sha256)
SELECT $1::bigint, g.progress_id, g.source_offset, g.at_ms, g.redrives, g.status, g.arms, g.reason, g.citizen_ref,
    g.key, g.value, g.headers, g.key_id, g.value_sha256
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::boolean[], $8::text[],
    $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[],
    $13::bigint[], $14::bytea[])
    AS g (progress_id, source_offset, at_ms, redrives, status, arms, reason, citizen_ref, key, value, headers, key_id,
        value_sha256);
