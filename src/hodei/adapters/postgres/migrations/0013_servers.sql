-- Servers that other servers may call, and where; each says again and again that it lives.

CREATE TABLE servers (
    replica text PRIMARY KEY,
    address text NOT NULL,
    seen_at timestamptz NOT NULL
);
