-- $1 id, $2 epoch: since when its outputs are to be read back, and which note says so, if any does. Only our own.
SELECT r.since_ms, (extract(epoch FROM r.noted_at) * 1000000)::bigint,
    mentord.demand(p.epoch = $2::bigint, 'MD001', 'a partition has another owner')
FROM mentord.progress p
LEFT JOIN mentord.recall r ON r.progress_id = p.id
WHERE p.id = $1::bigint;
