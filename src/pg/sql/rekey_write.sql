-- $1 the master key, $2 ids, $3 wrapped with it.
UPDATE mentord.citizen_key k
SET wrapped = g.wrapped, master = $1::bigint
FROM unnest($2::bigint[], $3::bytea[]) AS g (id, wrapped)
WHERE k.id = g.id;
