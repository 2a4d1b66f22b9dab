-- Ends the mentord sessions of this role that keep a transaction open and wait for a client of which no statement has come for 10 s:
-- a batch is sent in one go, so that client is frozen or cut off, and what it holds would be held for as long. One behind a slow
-- link sends on: were it ended, two that want each other's rows would end each other by turns, and neither would get through. A
-- transaction that is only slow does not wait for its client.
SELECT a.pid, a.application_name, pg_terminate_backend(a.pid)
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.usename = current_user AND a.application_name LIKE 'mentord %'
    AND a.wait_event IN ('ClientRead', 'ClientWrite') AND a.xact_start IS NOT NULL
    AND a.query_start < clock_timestamp() - interval '10 s' AND a.pid <> pg_backend_pid();
