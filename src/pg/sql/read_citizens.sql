-- $1 refs. Rows that exist, by place in $1.
SELECT k.n, c.seq, c.armed, c.state
FROM unnest($1::bytea[]) WITH ORDINALITY AS k (ref, n)
JOIN mentord.citizen c ON c.ref = k.ref;
