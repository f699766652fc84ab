-- A person's orders, the newest first, without reading those of everybody.

CREATE INDEX orders_by_owner ON orders (owner, intended_ms);
