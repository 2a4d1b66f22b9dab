-- $1 cluster, $2 topic, $3 partition count, $4 group. An existing row keeps what it has.
INSERT INTO mentord.topic AS t (cluster, topic, partition_count, consumer_group)
SELECT $1::text, $2::text, $3::integer, $4::text
WHERE NOT EXISTS (SELECT FROM mentord.topic o WHERE o.consumer_group <> $4::text)
ON CONFLICT (cluster, topic) DO UPDATE SET opened_at = now() WHERE t.partition_count <= excluded.partition_count;
