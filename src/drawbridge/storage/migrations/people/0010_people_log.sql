-- Who did what to whom, found among millions of other events.

CREATE INDEX audit_events_of_people ON audit_events (n) WHERE tag LIKE 'people:%';
