-- $1 ids, $2 epochs, $3 the transactional id of an orphan that was ended for them. Only our own.
UPDATE mentord.progress p
SET orphan_ids = array_remove(p.orphan_ids, $3::text)
FROM unnest($1::bigint[], $2::bigint[]) AS g (id, epoch)
WHERE p.id = g.id AND p.epoch = g.epoch AND $3::text = ANY (p.orphan_ids);
