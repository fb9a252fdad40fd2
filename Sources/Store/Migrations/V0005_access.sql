-- Who may call us. Only a hash of a key is kept; the prefix is what people recognise it by.

CREATE TABLE api_keys (
    key_id       uuid PRIMARY KEY,
    name         text NOT NULL,
    key_prefix   text NOT NULL,
    key_hash     bytea NOT NULL,
    scope        text NOT NULL,
    customer_id  uuid REFERENCES customers (customer_id),
    created_at   timestamptz NOT NULL DEFAULT now(),
    revoked_at   timestamptz,
    CONSTRAINT api_keys_hash_unique UNIQUE (key_hash),
    CONSTRAINT api_keys_scope_known CHECK (scope IN ('read', 'submit', 'operate', 'admin'))
);
