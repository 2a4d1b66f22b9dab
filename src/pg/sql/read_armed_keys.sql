-- $1 progress ids, $2 keys. Places whose key has an open row that arms; asks for none when no row arms at all.
SELECT k.n
FROM (
    SELECT unnest($1::bigint[]) AS progress_id, unnest($2::bytea[]) AS key, generate_series(1, cardinality($1::bigint[])) AS n
) AS k
WHERE (
        SELECT EXISTS (SELECT FROM mentord.quarantine o WHERE o.state = 'open' AND o.arms AND octet_length(o.key) <= 64)
    )
    AND EXISTS (
        SELECT FROM mentord.quarantine q
        WHERE q.progress_id = k.progress_id AND q.key = k.key
            AND q.state = 'open' AND q.arms AND octet_length(q.key) <= 64
    );
