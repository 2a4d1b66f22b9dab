-- $1 the master key, $2 ids, $3 wrapped with it, null for what is destroyed. A row of which one is missing stays. How many keys.
WITH done AS (
    UPDATE mentord.citizen_key k
    SET wrapped = g.wrapped, master = $1::bigint
    FROM (
        SELECT n.id >> 5 AS id, array_agg(n.wrapped ORDER BY n.id) AS wrapped
        FROM unnest($2::bigint[], $3::bytea[]) AS n (id, wrapped)
        GROUP BY 1
    ) AS g
    WHERE k.id = g.id AND cardinality(k.wrapped) = cardinality(g.wrapped)
    RETURNING k.wrapped
)
SELECT count(w.one) FROM done, unnest(done.wrapped) AS w (one);
