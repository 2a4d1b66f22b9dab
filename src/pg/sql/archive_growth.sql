-- $1 cluster, $2 topic. The partition count that is read and the one it grows to; a row for each old partition that is behind,
-- or one without.
SELECT t.partition_count, coalesce(g.to_count, t.partition_count), b.partition, b.emitted_offset, b.end_offset
FROM mentord.topic t
LEFT JOIN mentord.growth g ON g.cluster = t.cluster AND g.topic = t.topic AND g.passed_at IS NULL
LEFT JOIN mentord.growth_behind b ON b.cluster = t.cluster AND b.topic = t.topic
WHERE t.cluster = $1::text AND t.topic = $2::text
ORDER BY b.partition;
