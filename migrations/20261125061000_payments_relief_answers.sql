-- A request for a way out may come when its days without late fees are used up: then no event stops them, and the
-- request is known by its place in the order of asking; and what staff answered is kept, since its borrower reads it.
alter table payments.relief_request
    add column seq bigint generated always as identity,
    add column answer text not null default '';
alter table payments.relief_request drop constraint relief_request_pkey;
alter table payments.relief_request add constraint relief_request_pkey primary key (seq);
alter table payments.relief_request alter column event_seq drop not null;
create index relief_request_loan_index on payments.relief_request (loan_id, seq);
create index relief_request_state_index on payments.relief_request (state, asked_at);
