-- A request for a way out may come when its days without late fees are used up: then no event stops them, and the
-- request has an id of its own; and what staff answered is kept, since its borrower reads it.
alter table payments.relief_request
    add column request_id uuid not null default gen_random_uuid(),
    add column answer text not null default '',
    -- The order of asking, also within one instant.
    add column seq bigint generated always as identity;
alter table payments.relief_request drop constraint relief_request_pkey;
alter table payments.relief_request add constraint relief_request_pkey primary key (request_id);
alter table payments.relief_request alter column event_seq drop not null;
create index relief_request_loan_index on payments.relief_request (loan_id);
create index relief_request_state_index on payments.relief_request (state, asked_at);
