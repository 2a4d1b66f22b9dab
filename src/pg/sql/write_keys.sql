-- $1 id of the first row, $2 citizen refs, null for none, $3 wrapped keys: new ones of this batch. $4 the master key that wraps
-- them: must be the newest, else the connection is made anew and looks again.
WITH made AS (
    INSERT INTO mentord.citizen_key (id, citizen_ref, wrapped, master)
    SELECT $1::bigint + g.n, ($2::bytea[])[g.n * 32 + 1:g.n * 32 + 32], ($3::bytea[])[g.n * 32 + 1:g.n * 32 + 32], $4::bigint
    FROM generate_series(0, (cardinality($3::bytea[]) - 1) / 32) AS g (n)
)
SELECT mentord.demand($4::bigint = max(m.id), 'MD005', 'the master key was changed')
FROM mentord.master_key m;
