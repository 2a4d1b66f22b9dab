-- A migration of a large table takes as long as it takes.
SELECT set_config('statement_timeout', '0', false);
