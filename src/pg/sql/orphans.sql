-- $1 cluster, $2 topic, $3 partitions: the orphans of them, each once. Which comes first is left to chance: one that cannot be
-- ended must not stand before the others for ever.
SELECT o.id
FROM (
    SELECT DISTINCT unnest(p.orphan_ids) AS id
    FROM mentord.progress p
    WHERE p.cluster = $1::text AND p.topic = $2::text AND p.partition = ANY ($3::integer[])
) AS o
ORDER BY random();
