-- Every day is compared with what the gateways say: one report for each day, and a row for each difference until a
-- later look agrees or a person closes it. Money that may be under way twice is such a row too, whoever saw it first.
create table payments.reconciliation (
    day          date        not null,
    watermark    uuid        not null,
    payments     bigint      not null default 0,
    payouts      bigint      not null default 0,
    differences  bigint      not null default 0,
    in_ours      bigint      not null default 0,
    in_theirs    bigint      not null default 0,
    out_ours     bigint      not null default 0,
    out_theirs   bigint      not null default 0,
    started_at   timestamptz not null,
    finished_at  timestamptz,
    constraint reconciliation_pkey primary key (day)
);

create table payments.difference (
    difference_id  uuid        not null,
    payment_id     uuid,
    payout_id      uuid,
    loan_id        uuid        not null,
    kind           text        not null,
    ours           text        not null,
    theirs         text        not null,
    found_at       timestamptz not null,
    resolved_at    timestamptz,
    resolved_by    uuid,
    resolution     text,
    constraint difference_pkey primary key (difference_id),
    constraint difference_payment_fkey foreign key (payment_id) references payments.charge (payment_id),
    constraint difference_payout_fkey foreign key (payout_id) references payments.payout (payout_id),
    constraint difference_subject_check check (num_nonnulls(payment_id, payout_id) = 1),
    constraint difference_kind_check check (
        kind in ('status', 'amount', 'currency', 'date', 'unknown', 'arrived', 'twice', 'unanswered')
    ),
    constraint difference_end_check check (
        (resolved_at is null) = (resolution is null) and (resolved_by is null or resolved_at is not null)
    )
);
create unique index difference_one_open_key on payments.difference (coalesce(payment_id, payout_id), kind)
    where resolved_at is null;
create index difference_subject_index on payments.difference (coalesce(payment_id, payout_id));
create index difference_loan_index on payments.difference (loan_id) where resolved_at is null;
create index difference_found_index on payments.difference (found_at);

-- What a day has to look at: what was asked about or recorded on it.
create index charge_looked_index on payments.charge (coalesce(checked_at, created_at));
create index payment_recorded_index on payments.payment (recorded_at);
create index payout_sent_index on payments.payout (sent_at);
create index payout_succeeded_index on payments.payout (succeeded_at);
