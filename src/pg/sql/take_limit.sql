-- For this transaction: a row that is held longer belongs to a frozen owner.
SELECT set_config('lock_timeout', '2s', true);
