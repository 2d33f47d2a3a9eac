-- What must survive a crash between a commit and a call: a payout is sent again with the very same request, so its
-- payee is kept sealed until the end is known; a notice remembers when it was last worked on.
alter table payments.payout add column payee_sealed bytea;
alter table payments.inbox add column checked_at timestamptz;
create index payout_waiting_index on payments.payout (checked_at)
    where status in ('created', 'sent', 'in_progress', 'in_doubt');
