-- The nightly close in a few statements: each loan's pace (formulas of its quiet days) in a narrow row, one journal
-- row for each loan and effect of a day, a watermark for each date, and what was proven and found.

-- HALF_EVEN of n / d, for n >= 0 and d > 0.
create function payments.half_even(n bigint, d bigint) returns bigint language sql immutable parallel safe
    return n / d + case when 2 * (n % d) > d or (2 * (n % d) = d and (n / d) % 2 = 1) then 1 else 0 end;

-- Interest accrued up to and including `day`; the Rust twin is domain::payments::servicing::Accrual::accrued.
create function payments.accrued(day date, since date, due_on date, base bigint, num bigint, den bigint, whole bigint)
    returns bigint language sql immutable parallel safe
    return case
        when whole is null then 0
        when day >= due_on then whole
        else least(whole, base + payments.half_even(num * (day - since), den))
    end;

-- Where the books of a loan stand and how they move by themselves. Balances are those of the accounts at `paced_on`;
-- from there to `advanced_to` only the formulas happened. `owed` is the principal still owed, on the books or not. Rows change every night, so nothing that changes is indexed.
create table payments.standing (
    loan_id      uuid       not null,
    advanced_to  date       not null,
    quiet_to     date       not null,
    paced_on     date       not null,
    oldest_due   date,
    since        date,
    due_on       date,
    instalment   smallint,
    held_days    smallint   not null default 0,
    resting      boolean    not null,
    base         bigint,
    num          bigint,
    den          bigint,
    whole        bigint,
    paid         bigint,
    owed         bigint     not null,
    principal    bigint     not null,
    interest     bigint     not null,
    unearned     bigint     not null,
    fees         bigint     not null,
    late_fees    bigint     not null,
    credit       bigint     not null,
    late_scale   bigint,
    late_lines   smallint[],
    late_rests   bigint[],
    late_steps   bigint[],
    constraint standing_pkey primary key (loan_id),
    constraint standing_account_fkey foreign key (loan_id) references payments.account (loan_id),
    constraint standing_order_check check (paced_on <= advanced_to and (resting or advanced_to <= greatest(quiet_to, paced_on)))
) with (fillfactor = 75);
create index standing_active_index on payments.standing (loan_id) where not resting;

-- What each loan says of the accounts, at the opening of `advanced_to`.
create view payments.balance as
select loan_id, advanced_to, principal,
       interest + greatest(after - paid, 0) - greatest(before - paid, 0) as interest,
       unearned + greatest(paid - after, 0) - greatest(paid - before, 0) as unearned,
       fees,
       late_fees + coalesce(late, 0) as late_fees,
       credit
  from (
           select s.loan_id, s.advanced_to, s.principal, s.interest, s.unearned, s.fees, s.late_fees, s.credit,
                  coalesce(s.paid, 0) as paid,
                  payments.accrued(s.paced_on, s.since, s.due_on, s.base, s.num, s.den, s.whole) as before,
                  payments.accrued(s.advanced_to, s.since, s.due_on, s.base, s.num, s.den, s.whole) as after,
                  (
                      select sum((run.rest + run.step * (s.advanced_to - s.paced_on)) / s.late_scale)::bigint
                        from unnest(s.late_rests, s.late_steps) run (rest, step)
                  ) as late
             from payments.standing s
       ) now;

-- Loans that run already: their first close is the engine's, which writes the real row.
insert into payments.standing
    (loan_id, advanced_to, quiet_to, paced_on, resting, owed, principal, interest, unearned, fees, late_fees, credit)
select a.loan_id, a.advanced_to, a.advanced_to, a.advanced_to, false,
       coalesce(sum(e.debit - e.credit) filter (where e.account = '1100'), 0),
       coalesce(sum(e.debit - e.credit) filter (where e.account = '1100'), 0),
       coalesce(sum(e.debit - e.credit) filter (where e.account = '1110'), 0),
       coalesce(sum(e.credit - e.debit) filter (where e.account = '2110'), 0),
       coalesce(sum(e.debit - e.credit) filter (where e.account = '1120'), 0),
       coalesce(sum(e.debit - e.credit) filter (where e.account = '1130'), 0),
       coalesce(sum(e.credit - e.debit) filter (where e.account = '2100'), 0)
  from payments.account a
  left join payments.ledger_entry e using (loan_id)
 where a.state in ('running', 'closed')
 group by a.loan_id;
alter table payments.account drop constraint account_start_check;
alter table payments.account drop column advanced_to;
alter table payments.account add constraint account_start_check
    check (state not in ('running', 'closed') or started_on is not null);

-- The journals J3 and J5 of a day, one row each: debit and credit are the same amount, so a row cannot be unbalanced,
-- and its key is its loan, day, kind and instalment, so posting twice is impossible. `unearned` of the interest is
-- debited to 2110, the rest to 1110. Opposites are journals like any other.
create table payments.daily_journal (
    effective_on  date        not null,
    booked_on     date        not null,
    loan_id       uuid        not null,
    seq           bigint      not null default nextval('payments.journal_seq_seq'),
    recorded_at   timestamptz not null,
    amount        bigint      not null,
    unearned      bigint      not null,
    instalment    smallint    not null,
    kind          text        not null,
    constraint daily_journal_pkey primary key (effective_on, loan_id, kind, instalment),
    constraint daily_journal_kind_check check (kind in ('interest', 'late_fee')),
    constraint daily_journal_amount_check check (amount > 0 and unearned between 0 and amount)
);
create index daily_journal_booked_index on payments.daily_journal using brin (booked_on) with (autosummarize = on);
create index journal_booked_index on payments.journal (booked_on);
create trigger daily_journal_append_only before update or delete on payments.daily_journal
    for each row execute function audit.refuse_change();
revoke update, delete on payments.daily_journal from sanggup_app;
grant usage on sequence payments.journal_seq_seq to sanggup_app;

-- Every entry of the books, whichever table its journal is in.
create view payments.posting as
select j.seq, j.loan_id, j.kind, j.effective_on, j.booked_on, e.account, e.instalment, e.debit, e.credit
  from payments.journal j
  join payments.ledger_entry e using (journal_id)
union all
select d.seq, d.loan_id, d.kind, d.effective_on, d.booked_on, e.account, d.instalment, e.debit, e.credit
  from payments.daily_journal d
 cross join lateral (
           values (case d.kind when 'interest' then '1110' else '1130' end, d.amount - d.unearned, 0::bigint),
                  ('2110', d.unearned, 0::bigint),
                  (case d.kind when 'interest' then '4010' else '4030' end, 0::bigint, d.amount)
       ) e (account, debit, credit)
 where e.debit + e.credit > 0;
grant select on payments.posting, payments.balance to sanggup_app;

-- A reversal of a daily journal has no row to point at: it names itself, once for each slot.
alter table payments.journal add column reverses_daily boolean not null default false;
create unique index journal_one_daily_reversal_key on payments.journal (loan_id, slot) where reverses_daily;

-- One row for each date that is or was being closed; `watermark` is the last loan that is done.
create table payments.closing (
    day         date        not null,
    watermark   uuid        not null,
    advanced    bigint      not null default 0,
    set_aside   bigint      not null default 0,
    started_at  timestamptz not null,
    closed_at   timestamptz,
    constraint closing_pkey primary key (day)
);

-- Loans the close could not advance, until it can.
create table payments.set_aside (
    loan_id   uuid        not null,
    day       date        not null,
    reason    text        not null,
    noted_at  timestamptz not null,
    constraint set_aside_pkey primary key (loan_id)
);

-- Turnover of each account by the date it was booked: the trial balance is their sum.
create table payments.day_total (
    booked_on  date   not null,
    account    text   not null,
    debit      numeric not null,
    credit     numeric not null,
    constraint day_total_pkey primary key (booked_on, account),
    constraint day_total_account_fkey foreign key (account) references payments.ledger_account (code)
);

-- The book at the end of a day by days past due: ageing, quality, and from them TWP and TKB.
create table payments.portfolio_day (
    day          date     not null,
    from_days    smallint not null,
    quality      text     not null,
    loans        bigint   not null,
    outstanding  bigint   not null,
    constraint portfolio_day_pkey primary key (day, from_days, quality)
);
create index event_effective_index on payments.event (effective_on);
