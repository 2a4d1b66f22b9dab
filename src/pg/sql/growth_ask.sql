-- $1 cluster, $2 topic. The partition count that is read, the one it grows to, and the old partition that is furthest behind; while it
-- grows a row for each old partition, in order, with where its log ended when that was noticed, else one without. All as of one moment.
WITH said AS MATERIALIZED (
    SELECT t.partition_count, coalesce(g.to_count, t.partition_count) AS to_count, g.ends,
        b.count, b.partition, b.emitted_offset, b.end_offset
    FROM mentord.topic t
    LEFT JOIN mentord.growth g ON g.cluster = t.cluster AND g.topic = t.topic AND g.passed_at IS NULL
    LEFT JOIN LATERAL (
        SELECT count(*) OVER () AS count, o.partition, o.emitted_offset, o.end_offset
        FROM mentord.growth_behind o
        WHERE o.cluster = t.cluster AND o.topic = t.topic
        ORDER BY o.end_offset - o.emitted_offset DESC
        LIMIT 1
    ) AS b ON true
    WHERE t.cluster = $1::text AND t.topic = $2::text
)
SELECT s.partition_count, s.to_count, s.count, s.partition, s.emitted_offset, s.end_offset, e.old_end
FROM said s
LEFT JOIN LATERAL unnest(s.ends) WITH ORDINALITY AS e (old_end, number) ON true
ORDER BY e.number;
