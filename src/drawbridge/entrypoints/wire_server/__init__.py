"""A small HTTP/1.1 server for exchanges' dialects: raw bytes in and out, everything bounded."""
