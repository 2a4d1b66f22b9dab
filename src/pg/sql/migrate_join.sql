GRANT mentord_owner TO CURRENT_USER;
