SELECT m.fingerprint FROM mentord.master_key m;
