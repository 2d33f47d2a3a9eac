-- A credit balance goes back to its borrower: asked for by them or by the product, agreed to by two people, sent by
-- the same machinery as the money of a loan.
alter table payments.payout
    add column purpose text not null default 'loan',
    add constraint payout_purpose_check check (purpose in ('loan', 'refund'));
drop index payments.payout_one_live_key;
create unique index payout_one_live_key on payments.payout (loan_id)
    where purpose = 'loan' and status in ('created', 'sent', 'in_progress', 'in_doubt', 'succeeded');
create unique index payout_one_refund_key on payments.payout (loan_id)
    where purpose = 'refund' and status in ('created', 'sent', 'in_progress', 'in_doubt');

create table payments.refund (
    refund_id    uuid        not null,
    loan_id      uuid        not null,
    amount       bigint      not null,
    state        text        not null,
    by_borrower  boolean     not null,
    asked_at     timestamptz not null,
    answered_at  timestamptz,
    payout_id    uuid,
    constraint refund_pkey primary key (refund_id),
    constraint refund_account_fkey foreign key (loan_id) references payments.account (loan_id),
    constraint refund_payout_fkey foreign key (payout_id) references payments.payout (payout_id),
    constraint refund_payout_key unique (payout_id),
    constraint refund_amount_check check (amount > 0),
    constraint refund_state_check check (state in ('waiting', 'approved', 'used')),
    constraint refund_answer_check check (
        (state = 'waiting') = (answered_at is null) and (state = 'approved') = (payout_id is not null)
    )
);
create unique index refund_one_waiting_key on payments.refund (loan_id) where state = 'waiting';
create index refund_loan_index on payments.refund (loan_id, asked_at desc);
create index refund_asked_index on payments.refund (asked_at);
