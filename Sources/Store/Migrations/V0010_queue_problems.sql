-- What is wrong with a queue, in a word that programs know.
ALTER TABLE event_queue_leases ADD COLUMN problem_code text;
