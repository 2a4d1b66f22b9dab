-- $1 cluster, $2 topic, $3 group, $4 partitions, $5 where each log starts, $6 the genesis of each chain. Rows that exist stay,
-- and are not waited for: ON CONFLICT alone would wait for whoever holds one.
INSERT INTO mentord.progress (cluster, topic, consumer_group, partition, first_offset, next_offset, emitted_offset, seen_offset, link)
SELECT $1::text, $2::text, $3::text, n.partition, n.next_offset, n.next_offset, n.next_offset, n.next_offset, n.genesis
FROM unnest($4::integer[], $5::bigint[], $6::bytea[]) AS n (partition, next_offset, genesis)
WHERE NOT EXISTS (
    SELECT FROM mentord.progress p WHERE p.cluster = $1::text AND p.topic = $2::text AND p.partition = n.partition
)
ON CONFLICT (cluster, topic, partition) DO NOTHING;
