-- $1 ids. Rows that exist, by place in $1.
SELECT k.n, a.seq, a.state
FROM (SELECT unnest($1::uuid[]) AS id, generate_series(1, cardinality($1::uuid[])) AS n) AS k
JOIN mentord.application a ON a.id = k.id;
