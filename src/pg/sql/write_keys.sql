-- $1 ids, $2 citizen refs, null for none, $3 wrapped keys: new ones. Ids are this batch's.
INSERT INTO mentord.citizen_key (id, citizen_ref, wrapped)
SELECT unnest($1::bigint[]), unnest($2::bytea[]), unnest($3::bytea[]);
