-- $1 from, $2 to, both counted, $3 at most so many.
SELECT c.ref, c.seq, c.state
FROM mentord.citizen c
WHERE c.ref >= $1::bytea AND c.ref <= $2::bytea
ORDER BY c.ref
LIMIT $3::integer;
