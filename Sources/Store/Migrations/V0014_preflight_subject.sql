-- What a preflight was about: a hash of the registration it was asked with. A report of another one is out of date.
ALTER TABLE cluster_preflights ADD COLUMN subject text;
