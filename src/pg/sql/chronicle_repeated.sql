-- After chronicle_planner: as they lie. Applications with several decisions: one may stand for another.
COPY (SELECT a.id, a.seq, ''::bytea FROM mentord.application a WHERE a.seq > 1) TO STDOUT (FORMAT binary);
