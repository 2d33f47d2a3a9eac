-- Reminders of instalments: planned once for each instalment and step, sent at an allowed time or refused by a rule.
create table payments.reminder (
    loan_id     uuid        not null,
    due_on      date        not null,
    step        text        not null,
    planned_at  timestamptz not null,
    state       text        not null,
    settled_at  timestamptz,
    constraint reminder_pkey primary key (loan_id, due_on, step),
    constraint reminder_account_fkey foreign key (loan_id) references payments.account (loan_id),
    constraint reminder_step_check check (step in ('seven_before', 'three_before', 'one_before', 'on_the_day', 'one_after')),
    constraint reminder_state_check check (state in ('planned', 'told', 'not_needed', 'paused'))
);
create index standing_due_index on payments.standing (due_on) where not resting;
create index standing_oldest_index on payments.standing (oldest_due) where not resting;
