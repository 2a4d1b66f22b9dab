-- $1 refs, $2 seqs read, $3 armed read, $4 keys read, $5 seqs, $6 armed, $7 states, $8 keys.
WITH moved AS (
    UPDATE mentord.citizen c
    SET seq = g.seq, armed = g.armed, state = g.state, key_id = g.key_id
    FROM (
        SELECT unnest($1::bytea[]) AS ref, unnest($2::bigint[]) AS seq_read, unnest($3::bigint[]) AS armed_read,
            unnest($4::bigint[]) AS key_read, unnest($5::bigint[]) AS seq, unnest($6::bigint[]) AS armed,
            unnest($7::bytea[]) AS state, unnest($8::bigint[]) AS key_id
    ) AS g
    WHERE c.ref = g.ref AND c.seq = g.seq_read AND c.armed = g.armed_read AND c.key_id IS NOT DISTINCT FROM g.key_read
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($1::bytea[]), 'MD002', 'a citizen has moved') FROM moved;
