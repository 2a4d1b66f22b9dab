-- $1 cluster, $2 topic, $3 group, $4 partitions, $5 where each log starts. Rows that exist stay.
INSERT INTO mentord.progress (cluster, topic, consumer_group, partition, next_offset, emitted_offset)
SELECT $1::text, $2::text, $3::text, p.partition, p.next_offset, p.next_offset
FROM unnest($4::integer[], $5::bigint[]) AS p (partition, next_offset)
ON CONFLICT (cluster, topic, partition) DO NOTHING;
