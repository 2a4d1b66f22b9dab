-- $1 a master key, $2 behind the row of this key, $3 at most so many rows: their data keys, which it does not wrap.
SELECT r.id * 32 + k.n - 1, k.citizen_ref, k.wrapped
FROM (
    SELECT y.id, y.citizen_ref, y.wrapped
    FROM mentord.citizen_key y
    WHERE y.id > $2::bigint >> 5 AND y.master <> $1::bigint
    ORDER BY y.id
    LIMIT $3::bigint
    FOR UPDATE
) AS r, unnest(r.citizen_ref, r.wrapped) WITH ORDINALITY AS k (citizen_ref, wrapped, n)
ORDER BY r.id, k.n;
