-- $1 cluster, $2 topic, $3 where each of all its logs ends, $4 owner. The first worker that notices says it for all.
INSERT INTO mentord.growth (cluster, topic, from_count, to_count, ends, noted_by)
SELECT t.cluster, t.topic, t.partition_count, cardinality($3::bigint[]), ($3::bigint[])[1:t.partition_count], $4::text
FROM mentord.topic t
WHERE t.cluster = $1::text AND t.topic = $2::text AND t.partition_count < cardinality($3::bigint[])
ON CONFLICT DO NOTHING;
