-- For this transaction: as long as it takes. The client is the slow one between two pages.
SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true);
