-- $1 ids, $2 citizen refs, null for none, $3 wrapped keys: new ones. Ids are this batch's. $4 the master key that wraps them: must
-- be the newest, else the connection is made anew and looks again.
WITH made AS (
    INSERT INTO mentord.citizen_key (id, citizen_ref, wrapped, master)
    SELECT unnest($1::bigint[]), unnest($2::bytea[]), unnest($3::bytea[]), $4::bigint
)
SELECT mentord.demand($4::bigint = max(m.id), 'MD005', 'the master key was changed')
FROM mentord.master_key m;
