-- $1 a master key, $2 behind this id, $3 at most: data keys that are not wrapped with it.
SELECT k.id, k.citizen_ref, k.wrapped
FROM mentord.citizen_key k
WHERE k.id > $2::bigint AND k.master <> $1::bigint AND k.wrapped IS NOT NULL
ORDER BY k.id
LIMIT $3::bigint
FOR UPDATE;
