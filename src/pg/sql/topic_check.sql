-- $1 cluster, $2 topic, $3 group: another group's name anywhere in this database, and the partition count known.
SELECT (SELECT min(o.consumer_group) FROM mentord.topic o WHERE o.consumer_group <> $3::text),
    (SELECT t.partition_count FROM mentord.topic t WHERE t.cluster = $1::text AND t.topic = $2::text);
