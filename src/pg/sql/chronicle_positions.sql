SELECT p.id, p.cluster, p.topic, p.consumer_group, p.partition, p.epoch, p.next_offset, p.emitted_offset,
    p.evaluated_at_ms, p.last_offset, p.last_digest, p.takeovers,
    coalesce((SELECT b.first_offset FROM mentord.batch b WHERE b.progress_id = p.id ORDER BY b.next_offset LIMIT 1),
        p.next_offset),
    p.first_offset, p.batch, p.link, p.seen_offset
FROM mentord.progress p
ORDER BY p.id;
