-- A notice that comes again under a known id must be the very same bytes: their hash is kept, and another body is a
-- contradiction that somebody must look at. Rows of before have none.
alter table payments.inbox add column body_hash bytea;
