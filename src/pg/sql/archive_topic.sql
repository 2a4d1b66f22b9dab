-- What people are shown: the topic a worker opened last.
SELECT t.cluster, t.topic, t.consumer_group FROM mentord.topic t ORDER BY t.opened_at DESC LIMIT 1;
