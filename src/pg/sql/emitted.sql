-- $1 ids, $2 epochs, $3 emitted offsets, $4 seen ones, $5 whether the rows are given back. Only forward, only our own.
WITH moved AS (
    UPDATE mentord.progress p
    SET emitted_offset = greatest(p.emitted_offset, g.emitted_offset),
        seen_offset = greatest(p.seen_offset, least(g.seen_offset, p.next_offset)),
        owner = CASE WHEN $5::boolean THEN NULL ELSE p.owner END,
        takeovers = CASE WHEN $5::boolean THEN 0 ELSE p.takeovers END,
        tries = CASE WHEN $5::boolean THEN 0 ELSE p.tries END,
        updated_at = now()
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS g (id, epoch, emitted_offset, seen_offset)
    WHERE p.id = g.id AND p.epoch = g.epoch
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($1::bigint[]), 'MD001', 'a partition has another owner') FROM moved;
