-- An answer that is larger than libpq's buffer, which stays as large as it has been: so each read takes many rows, and not six.
SELECT repeat(' ', 120000);
