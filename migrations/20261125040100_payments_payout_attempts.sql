-- A payout knows since when it is finally failed (its loan lapses three days later), how often its doubt was asked about
-- in vain, and since when it waits for a person.
alter table payments.payout
    add column failed_at timestamptz,
    add column tries integer not null default 0,
    add column parked_at timestamptz;
create index payout_failed_index on payments.payout (failed_at) where status = 'failed';
