-- $1 id, $2 epoch, $3 offset, $4 1 for a process that tries it the first time, else 0. No row: fenced.
UPDATE mentord.progress p
SET tries = CASE WHEN p.tried_offset = $3::bigint THEN p.tries + $4::integer ELSE 1 END, tried_offset = $3::bigint
WHERE p.id = $1::bigint AND p.epoch = $2::bigint
RETURNING p.tries;
