-- $1 cluster, $2 topic, $3 group: another group's name anywhere in this database, and the partition count known, of a growth
-- under way the new one.
SELECT (SELECT min(o.consumer_group) FROM mentord.topic o WHERE o.consumer_group <> $3::text),
    (
        SELECT coalesce(g.to_count, t.partition_count)
        FROM mentord.topic t
        LEFT JOIN mentord.growth g ON g.cluster = t.cluster AND g.topic = t.topic AND g.passed_at IS NULL
        WHERE t.cluster = $1::text AND t.topic = $2::text
    );
