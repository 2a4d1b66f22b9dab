-- $1 ids, $2 epochs, $3 from, $4 to, $5 emitted, $6 evaluated_at_ms, $7 last offsets, $8 last digests, $9 stopped, $10 breakers.
-- Every row must still be ours and where we left it, else fenced.
WITH moved AS (
    UPDATE mentord.progress p
    SET next_offset = g.next_offset,
        emitted_offset = greatest(p.emitted_offset, g.emitted_offset),
        evaluated_at_ms = g.evaluated_at_ms,
        last_offset = g.last_offset,
        last_digest = g.last_digest,
        takeovers = 0,
        stopped_at = CASE WHEN g.stopped THEN now() ELSE p.stopped_at END,
        breaker = g.breaker,
        updated_at = now()
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bytea[], $9::boolean[], $10::bytea[])
        AS g (id, epoch, from_offset, next_offset, emitted_offset, evaluated_at_ms, last_offset, last_digest, stopped, breaker)
    WHERE p.id = g.id AND p.epoch = g.epoch AND p.next_offset = g.from_offset
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($1::bigint[]), 'MD001', 'a partition has another owner or position')
FROM moved;
