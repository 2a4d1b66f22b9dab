-- For this transaction: a row that is held longer belongs to somebody frozen.
SELECT set_config('lock_timeout', '2s', true);
