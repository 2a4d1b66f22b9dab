-- $1 refs. Rows that exist, by place in $1.
SELECT k.n, c.seq, c.armed, c.state
FROM (SELECT unnest($1::bytea[]) AS ref, generate_series(1, cardinality($1::bytea[])) AS n) AS k
JOIN mentord.citizen c ON c.ref = k.ref;
