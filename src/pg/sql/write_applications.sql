-- $1 ids, $2 seqs read, $3 seqs, $4 states.
WITH moved AS (
    UPDATE mentord.application a
    SET seq = g.seq, state = g.state
    FROM (
        SELECT unnest($1::uuid[]) AS id, unnest($2::bigint[]) AS seq_read, unnest($3::bigint[]) AS seq,
            unnest($4::bytea[]) AS state
    ) AS g
    WHERE a.id = g.id AND a.seq = g.seq_read
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($1::uuid[]), 'MD002', 'an application has moved') FROM moved;
