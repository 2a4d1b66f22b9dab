-- $1 refs. Rows that exist, by place in $1, with the data key in use.
SELECT k.n, c.seq, c.armed, c.state, c.key_id, y.wrapped[(c.key_id & 31)::integer + 1]
FROM (SELECT unnest($1::bytea[]) AS ref, generate_series(1, cardinality($1::bytea[])) AS n) AS k
JOIN mentord.citizen c ON c.ref = k.ref
LEFT JOIN mentord.citizen_key y ON y.id = c.key_id >> 5;
