-- Money in and out: accounts, payouts, charges, payments, the events that servicing replays, allocations,
-- and a double-entry ledger that balances at commit and is only ever added to.
create table payments.account (
    loan_id      uuid        not null,
    user_id      uuid        not null,
    state        text        not null,
    contract     jsonb       not null,
    net_cash     bigint      not null,
    started_on   date,
    advanced_to  date,
    opened_at    timestamptz not null,
    closed_at    timestamptz,
    constraint account_pkey primary key (loan_id),
    constraint account_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint account_state_check check (state in ('open', 'running', 'closed', 'cancelled')),
    constraint account_net_cash_check check (net_cash > 0),
    constraint account_start_check check (state not in ('running', 'closed') or (started_on is not null and advanced_to is not null))
);
create index account_user_index on payments.account (user_id);

-- Cancelled before an account could be opened: none may be opened any more.
create table payments.stopped_account (
    loan_id     uuid        not null,
    stopped_at  timestamptz not null,
    constraint stopped_account_pkey primary key (loan_id)
);

create table payments.payout (
    payout_id        uuid        not null,
    loan_id          uuid        not null,
    amount           bigint      not null,
    status           text        not null,
    idempotency_key  uuid        not null,
    payee_label      text        not null,
    provider_ref     text,
    failure_code     text,
    created_at       timestamptz not null,
    sent_at          timestamptz,
    succeeded_at     timestamptz,
    checked_at       timestamptz,
    constraint payout_pkey primary key (payout_id),
    constraint payout_account_fkey foreign key (loan_id) references payments.account (loan_id),
    constraint payout_key unique (idempotency_key),
    constraint payout_amount_check check (amount > 0),
    constraint payout_status_check check (
        status in ('created', 'cancelled', 'sent', 'in_progress', 'in_doubt', 'succeeded', 'failed', 'reversed')
    )
);
create unique index payout_one_live_key on payments.payout (loan_id)
    where status in ('created', 'sent', 'in_progress', 'in_doubt', 'succeeded');

create table payments.charge (
    payment_id    uuid        not null,
    order_id      text        not null,
    loan_id       uuid        not null,
    user_id       uuid        not null,
    purpose       text        not null,
    method        text        not null,
    amount        bigint      not null,
    status        text        not null,
    provider_ref  text,
    instruction   jsonb,
    created_at    timestamptz not null,
    expires_at    timestamptz,
    checked_at    timestamptz,
    claimed_at    timestamptz,
    constraint charge_pkey primary key (payment_id),
    constraint charge_order_key unique (order_id),
    constraint charge_account_fkey foreign key (loan_id) references payments.account (loan_id),
    constraint charge_amount_check check (amount > 0),
    constraint charge_purpose_check check (purpose in ('instalment', 'payoff', 'amount')),
    constraint charge_status_check check (
        status in ('created', 'pending', 'posted', 'expired', 'cancelled', 'failed', 'reversed', 'mismatch')
    )
);
create unique index charge_one_open_key on payments.charge (loan_id) where status in ('created', 'pending');
create index charge_loan_index on payments.charge (loan_id, created_at desc);
create index charge_expiry_index on payments.charge (expires_at) where status in ('created', 'pending');

-- Facts about a loan in the order of recording; servicing is a pure function of them.
create table payments.event (
    loan_id       uuid        not null,
    seq           bigint      not null,
    effective_on  date        not null,
    recorded_on   date        not null,
    body          jsonb       not null,
    recorded_at   timestamptz not null,
    constraint event_pkey primary key (loan_id, seq),
    constraint event_account_fkey foreign key (loan_id) references payments.account (loan_id)
);
create trigger event_append_only before update or delete on payments.event
    for each row execute function audit.refuse_change();

-- Money that arrived. A transaction of a gateway is posted at most once, for ever.
create table payments.payment (
    payment_id    uuid        not null,
    loan_id       uuid        not null,
    provider      text        not null,
    provider_ref  text        not null,
    amount        bigint      not null,
    paid_at       timestamptz not null,
    effective_on  date        not null,
    event_seq     bigint      not null,
    recorded_at   timestamptz not null,
    constraint payment_pkey primary key (payment_id),
    constraint payment_charge_fkey foreign key (payment_id) references payments.charge (payment_id),
    constraint payment_event_fkey foreign key (loan_id, event_seq) references payments.event (loan_id, seq),
    constraint payment_provider_key unique (provider, provider_ref),
    constraint payment_amount_check check (amount > 0)
);
create trigger payment_append_only before update or delete on payments.payment
    for each row execute function audit.refuse_change();

create table payments.allocation (
    loan_id      uuid        not null,
    event_seq    bigint      not null,
    line         smallint    not null,
    instalment   smallint,
    component    text        not null,
    amount       bigint      not null,
    recorded_at  timestamptz not null,
    constraint allocation_pkey primary key (loan_id, event_seq, line),
    constraint allocation_event_fkey foreign key (loan_id, event_seq) references payments.event (loan_id, seq),
    constraint allocation_component_check check (component in ('principal', 'interest', 'fee', 'late_fee', 'credit')),
    constraint allocation_amount_check check (amount <> 0)
);
create trigger allocation_append_only before update or delete on payments.allocation
    for each row execute function audit.refuse_change();

create table payments.ledger_account (
    code  text not null,
    name  text not null,
    side  text not null,
    constraint ledger_account_pkey primary key (code),
    constraint ledger_account_side_check check (side in ('debit', 'credit'))
);
insert into payments.ledger_account (code, name, side) values
    ('1000', 'Bank operasional', 'debit'),
    ('1010', 'Dana pencairan di gateway', 'debit'),
    ('1020', 'Piutang gateway', 'debit'),
    ('1100', 'Pokok pinjaman', 'debit'),
    ('1110', 'Piutang bunga', 'debit'),
    ('1120', 'Piutang biaya', 'debit'),
    ('1130', 'Piutang denda', 'debit'),
    ('1190', 'Cadangan kerugian', 'credit'),
    ('2100', 'Saldo lebih peminjam', 'credit'),
    ('2110', 'Bunga diterima di muka', 'credit'),
    ('2120', 'Dana belum dikenali', 'credit'),
    ('2130', 'Titipan pihak ketiga', 'credit'),
    ('2140', 'Pengembalian dana dalam proses', 'credit'),
    ('3000', 'Modal', 'credit'),
    ('4010', 'Pendapatan bunga', 'credit'),
    ('4020', 'Pendapatan biaya', 'credit'),
    ('4030', 'Pendapatan denda', 'credit'),
    ('4040', 'Pemulihan hapus buku', 'credit'),
    ('5010', 'Kerugian kredit', 'debit'),
    ('5020', 'Keringanan', 'debit'),
    ('5030', 'Biaya gateway', 'debit'),
    ('5040', 'Beban cadangan', 'debit');

-- The key is derived from the event, the kind and the purpose: posting twice is impossible.
create table payments.journal (
    journal_id    uuid        not null,
    seq           bigint      generated always as identity,
    loan_id       uuid,
    key           text        not null,
    kind          text        not null,
    effective_on  date        not null,
    booked_on     date        not null,
    recorded_at   timestamptz not null,
    constraint journal_pkey primary key (journal_id),
    constraint journal_key unique (key)
);
create index journal_loan_index on payments.journal (loan_id, seq);

create table payments.ledger_entry (
    journal_id  uuid     not null,
    line        smallint not null,
    account     text     not null,
    loan_id     uuid,
    instalment  smallint,
    debit       bigint   not null,
    credit      bigint   not null,
    constraint ledger_entry_pkey primary key (journal_id, line),
    constraint ledger_entry_journal_fkey foreign key (journal_id) references payments.journal (journal_id),
    constraint ledger_entry_account_fkey foreign key (account) references payments.ledger_account (code),
    constraint ledger_entry_amount_check check (debit >= 0 and credit >= 0 and (debit = 0) <> (credit = 0))
);
create index ledger_entry_loan_index on payments.ledger_entry (loan_id, account);

create function payments.check_balanced() returns trigger language plpgsql as $$
begin
    if (select sum(debit) - sum(credit) from payments.ledger_entry where journal_id = new.journal_id) <> 0 then
        raise exception 'journal % does not balance', new.journal_id
            using errcode = 'check_violation', constraint = 'ledger_entry_balanced';
    end if;
    return null;
end
$$;
create constraint trigger ledger_entry_balanced after insert on payments.ledger_entry
    deferrable initially deferred for each row execute function payments.check_balanced();
create trigger journal_append_only before update or delete on payments.journal
    for each row execute function audit.refuse_change();
create trigger ledger_entry_append_only before update or delete on payments.ledger_entry
    for each row execute function audit.refuse_change();

create table payments.inbox (
    inbox_id      uuid        not null,
    provider      text        not null,
    dedupe_key    text        not null,
    our_ref       text        not null,
    body_sealed   bytea       not null,
    received_at   timestamptz not null,
    processed_at  timestamptz,
    note          text,
    constraint inbox_pkey primary key (inbox_id),
    constraint inbox_dedupe_key unique (provider, dedupe_key),
    constraint inbox_provider_check check (provider in ('midtrans', 'xendit'))
);
create index inbox_waiting_index on payments.inbox (received_at) where processed_at is null;

create table payments.command (
    user_id     uuid        not null,
    operation   text        not null,
    key         text        not null,
    body_hash   bytea       not null,
    answer      jsonb       not null,
    created_at  timestamptz not null,
    constraint command_pkey primary key (user_id, operation, key)
);
create index command_age_index on payments.command (created_at);

revoke update, delete on
    payments.event, payments.payment, payments.allocation, payments.journal, payments.ledger_entry, payments.ledger_account
    from sanggup_app;
revoke update, delete on loans.agreement_consent, loans.decision from sanggup_app;
