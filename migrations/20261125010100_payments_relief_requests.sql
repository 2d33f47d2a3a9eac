-- A way out that needs a second person waits here, one at a time for a loan, with the event that stopped late fees
-- for it.
create table payments.relief_request (
    loan_id      uuid        not null,
    event_seq    bigint      not null,
    option       jsonb       not null,
    state        text        not null,
    asked_at     timestamptz not null,
    answered_at  timestamptz,
    constraint relief_request_pkey primary key (loan_id, event_seq),
    constraint relief_request_event_fkey foreign key (loan_id, event_seq) references payments.event (loan_id, seq),
    constraint relief_request_state_check check (state in ('open', 'applied', 'refused', 'withdrawn')),
    constraint relief_request_answer_check check ((state = 'open') = (answered_at is null))
);
create unique index relief_request_one_open_key on payments.relief_request (loan_id) where state = 'open';
