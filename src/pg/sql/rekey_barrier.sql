-- Whoever is about to store a data key wrapped by the old master key has done so; whoever begins now sees the new one.
LOCK TABLE mentord.citizen_key IN SHARE ROW EXCLUSIVE MODE;
