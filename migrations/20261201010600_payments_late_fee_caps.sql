-- Each late fee can be asked for its cap: the facts of an instalment's late fees are stored once and again only when one
-- of them changes, so that a quiet night writes nothing more than it did.
create table payments.late_fee_basis (
    loan_id     uuid     not null,
    instalment  smallint not null,
    from_day    date     not null,
    due_on      date     not null,
    cap_id      text     not null,
    benefit     bigint   not null,
    ppm         bigint   not null,
    constraint late_fee_basis_pkey primary key (loan_id, instalment, from_day),
    constraint late_fee_basis_account_fkey foreign key (loan_id) references payments.account (loan_id)
);
create trigger late_fee_basis_append_only before update or delete on payments.late_fee_basis
    for each row execute function audit.refuse_change();
create trigger late_fee_basis_no_truncate before truncate on payments.late_fee_basis
    for each statement execute function audit.refuse_change();
revoke update, delete on payments.late_fee_basis from sanggup_app;

-- The late fee of each day with its cap version, the benefit it adds to, its days and its ratio.
create view payments.late_fee as
select d.loan_id, d.effective_on, d.instalment, d.amount, b.cap_id, b.benefit, d.effective_on - b.due_on as days, b.ppm
  from payments.daily_journal d
  left join lateral (
           select *
             from payments.late_fee_basis x
            where x.loan_id = d.loan_id
              and x.instalment = d.instalment
              and x.from_day <= d.effective_on
            order by x.from_day desc
            limit 1
       ) b on true
 where d.kind = 'late_fee';
grant select on payments.late_fee to sanggup_app;
