-- $1 cluster, $2 topic. Where the old partitions' logs ended when a growth under way was noticed, by partition.
SELECT unnest(g.ends)
FROM mentord.growth g
WHERE g.cluster = $1::text AND g.topic = $2::text AND g.passed_at IS NULL;
