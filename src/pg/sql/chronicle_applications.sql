-- $1 from, $2 to, both counted, $3 at most so many.
SELECT a.id, a.seq, a.state
FROM mentord.application a
WHERE a.id >= $1::uuid AND a.id <= $2::uuid
ORDER BY a.id
LIMIT $3::integer;
