-- $1 cluster, $2 topic, $3 the count that grows, $4 an old partition, $5 the first offset in it that was placed by the new count.
SELECT mentord.growth_end($1::text, $2::text, $3::integer, $4::integer, $5::bigint);
