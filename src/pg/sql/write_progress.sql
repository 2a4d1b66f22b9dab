-- $1 batch, then an array a column: $2 ids, $3 epochs, $4 from, $5 to, $6 emitted, $7 seen, $8 evaluated_at_ms, $9 last offsets,
-- $10 last digests, $11 stopped, $12 breakers, $13 the chain's heads as they were, $14 as they are now.
-- Every row must still be ours, where we left it and as we left it, else fenced.
WITH moved AS (
    UPDATE mentord.progress p
    SET next_offset = g.next_offset,
        emitted_offset = greatest(p.emitted_offset, g.emitted_offset),
        seen_offset = greatest(p.seen_offset, least(g.seen_offset, g.next_offset)),
        evaluated_at_ms = g.evaluated_at_ms,
        last_offset = g.last_offset,
        last_digest = g.last_digest,
        batch = $1::bigint,
        link = g.link,
        takeovers = 0,
        stopped_at = CASE WHEN g.stopped THEN now() ELSE p.stopped_at END,
        breaker = g.breaker,
        updated_at = now()
    FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::bigint[], $10::bytea[], $11::boolean[], $12::bytea[], $13::bytea[], $14::bytea[])
        AS g (id, epoch, from_offset, next_offset, emitted_offset, seen_offset, evaluated_at_ms, last_offset, last_digest, stopped, breaker,
            previous, link)
    WHERE p.id = g.id AND p.epoch = g.epoch AND p.next_offset = g.from_offset AND p.link = g.previous
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($2::bigint[]), 'MD001', 'a partition has another owner or position')
FROM moved;
