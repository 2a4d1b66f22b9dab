-- $1 batch, then an array a column: $2 ids, $3 epochs, $4 from, $5 to, $6 emitted, $7 evaluated_at_ms, $8 last offsets, $9 last
-- digests, $10 stopped, $11 breakers, $12 the chain's heads as they were, $13 as they are now.
-- Every row must still be ours, where we left it and as we left it, else fenced.
WITH moved AS (
    UPDATE mentord.progress p
    SET next_offset = g.next_offset,
        emitted_offset = greatest(p.emitted_offset, g.emitted_offset),
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
        $9::bytea[], $10::boolean[], $11::bytea[], $12::bytea[], $13::bytea[])
        AS g (id, epoch, from_offset, next_offset, emitted_offset, evaluated_at_ms, last_offset, last_digest, stopped, breaker,
            previous, link)
    WHERE p.id = g.id AND p.epoch = g.epoch AND p.next_offset = g.from_offset AND p.link = g.previous
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($2::bigint[]), 'MD001', 'a partition has another owner or position')
FROM moved;
