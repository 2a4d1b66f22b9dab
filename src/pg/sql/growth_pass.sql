-- $1 cluster, $2 topic.
SELECT mentord.growth_pass($1::text, $2::text);
