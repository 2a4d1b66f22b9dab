-- $1 ids. Rows that exist, by place in $1.
SELECT k.n, a.seq, a.state
FROM unnest($1::uuid[]) WITH ORDINALITY AS k (id, n)
JOIN mentord.application a ON a.id = k.id;
