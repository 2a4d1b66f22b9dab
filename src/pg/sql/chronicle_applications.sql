-- After chronicle_planner: as they lie.
COPY (SELECT a.id, a.seq, a.state FROM mentord.application a) TO STDOUT (FORMAT binary);
