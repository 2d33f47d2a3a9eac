-- Money that fits no loan waits for two people: one row for each amount in account 2120, with what became of it.
create table payments.suspense (
    suspense_id     uuid        not null,
    transaction_id  text        not null,
    order_id        text        not null,
    payment_id      uuid,
    method          text        not null,
    amount          bigint      not null,
    received_at     timestamptz not null,
    why             text        not null,
    state           text        not null,
    outcome         text,
    reference       text        not null default '',
    refund_key      uuid,
    refused         text,
    noted_at        timestamptz not null,
    checked_at      timestamptz,
    resolved_at     timestamptz,
    constraint suspense_pkey primary key (suspense_id),
    constraint suspense_transaction_key unique (transaction_id),
    constraint suspense_charge_fkey foreign key (payment_id) references payments.charge (payment_id),
    constraint suspense_amount_check check (amount > 0),
    constraint suspense_why_check check (why in ('amount', 'order', 'loan')),
    constraint suspense_state_check check (state in ('waiting', 'proposed', 'returning', 'resolved')),
    constraint suspense_outcome_check check (outcome in ('credited', 'returned', 'by_hand', 'taken_back')),
    constraint suspense_end_check check (
        (state = 'resolved') = (outcome is not null) and (outcome is not null) = (resolved_at is not null)
    )
);
create index suspense_waiting_index on payments.suspense (received_at) where state <> 'resolved';
create index suspense_resolved_index on payments.suspense (resolved_at) where state = 'resolved';

-- What came when, by which transaction, is a fact: only what becomes of it changes, and no row goes.
revoke update, delete on payments.suspense from sanggup_app;
grant update (payment_id, state, outcome, reference, refund_key, refused, checked_at, resolved_at)
    on payments.suspense to sanggup_app;

-- Money of before. A J8 carries the transaction, the amount and the day; the order is the attempt's, else the notice's
-- while the inbox still has it, else the transaction itself, by which the gateway knows it too. The hour is not kept:
-- midnight in Jakarta stands for it. Nothing of before was cleared but by the gateway that took it back.
insert into payments.suspense
    (suspense_id, transaction_id, order_id, payment_id, method, amount, received_at, why, state, outcome, noted_at,
     resolved_at)
select gen_random_uuid(), came.transaction_id,
       coalesce(
           c.order_id,
           (
               select min(i.our_ref)
                 from payments.inbox i
                where i.provider = 'midtrans'
                  and i.dedupe_key like replace(replace(came.transaction_id, '\', '\\'), '_', '\_') || ':%'
           ),
           came.transaction_id
       ),
       c.payment_id, coalesce(c.method, 'qris'), came.amount,
       came.effective_on::timestamp at time zone 'Asia/Jakarta',
       case when c.payment_id is null then 'order' when a.state in ('open', 'cancelled') then 'loan' else 'amount' end,
       case when gone.recorded_at is null then 'waiting' else 'resolved' end,
       case when gone.recorded_at is not null then 'taken_back' end,
       came.recorded_at, gone.recorded_at
  from (
           select substr(j.slot, length('suspense:midtrans:') + 1) as transaction_id, j.effective_on, j.recorded_at,
                  e.credit as amount
             from payments.journal j
             join payments.ledger_entry e on e.journal_id = j.journal_id and e.account = '2120'
            where j.kind = 'suspense'
       ) came
  left join payments.journal gone on gone.key = '-:suspense-cleared:midtrans:' || came.transaction_id
  left join payments.charge c on c.provider_ref = came.transaction_id and c.status in ('mismatch', 'reversed')
  left join payments.account a on a.loan_id = c.loan_id;
