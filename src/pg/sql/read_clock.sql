-- One clock for all workers, and the next batch's number.
SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, nextval('mentord.batch_id');
