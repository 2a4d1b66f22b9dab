-- $1 'on' or 'off', for this transaction: pages are index look-ups (sql/session.sql), a question about all rows is not.
SELECT set_config('enable_seqscan', $1::text, true), set_config('enable_hashjoin', $1::text, true);
