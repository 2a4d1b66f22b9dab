-- $1 cluster, $2 topic, $3 partitions, $4 what the group has committed of each; before a Kafka transaction is aborted that may have counted
-- as committed. A table of its own: nobody waits for the owners' rows of progress.
INSERT INTO mentord.undone (progress_id, committed)
SELECT p.id, n.committed
FROM unnest($3::integer[], $4::bigint[]) AS n (partition, committed)
JOIN mentord.progress p ON p.cluster = $1::text AND p.topic = $2::text AND p.partition = n.partition
ON CONFLICT (progress_id) DO UPDATE SET committed = excluded.committed, noted_at = excluded.noted_at;
