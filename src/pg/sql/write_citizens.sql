-- $1 refs, $2 seqs read, $3 armed read, $4 seqs, $5 armed, $6 states.
WITH moved AS (
    UPDATE mentord.citizen c
    SET seq = g.seq, armed = g.armed, state = g.state
    FROM (
        SELECT unnest($1::bytea[]) AS ref, unnest($2::bigint[]) AS seq_read, unnest($3::bigint[]) AS armed_read,
            unnest($4::bigint[]) AS seq, unnest($5::bigint[]) AS armed, unnest($6::bytea[]) AS state
    ) AS g
    WHERE c.ref = g.ref AND c.seq = g.seq_read AND c.armed = g.armed_read
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($1::bytea[]), 'MD002', 'a citizen has moved') FROM moved;
