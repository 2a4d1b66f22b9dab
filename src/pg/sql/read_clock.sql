-- $1 ms that the batch's moment is not below, $2 name, $3 cluster, $4 topic. One clock for all workers, the next batch's number,
-- the rulebook of that name that is in force at the batch's moment: of those whose time has come the one that came last. And
-- the partition count that is read, and the one that it grows to.
WITH clock AS MATERIALIZED (
    SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms
)
SELECT clock.ms, nextval('mentord.batch_id'), (
    SELECT p.rulebook
    FROM mentord.rulebook r
    JOIN mentord.publication p ON p.rulebook = r.sha256
    WHERE r.name = $2::text AND p.effective_from <= to_timestamp(greatest(clock.ms, $1::bigint) / 1000.0)
    ORDER BY p.effective_from DESC, p.published_at DESC, p.rulebook
    LIMIT 1
), t.partition_count, coalesce(g.to_count, t.partition_count)
FROM clock
LEFT JOIN mentord.topic t ON t.cluster = $3::text AND t.topic = $4::text
LEFT JOIN mentord.growth g ON g.cluster = t.cluster AND g.topic = t.topic AND g.passed_at IS NULL;
