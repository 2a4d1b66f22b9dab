-- $1 id, $2 epoch, $3 offset, $4 the process that tries it: counted once, however often it says so. No row: fenced.
UPDATE mentord.progress p
SET tries = CASE WHEN p.tried_offset <> $3::bigint THEN 1 WHEN p.tried_by = $4::text THEN greatest(p.tries, 1) ELSE p.tries + 1 END,
    tried_offset = $3::bigint,
    tried_by = $4::text
WHERE p.id = $1::bigint AND p.epoch = $2::bigint
RETURNING p.tries;
