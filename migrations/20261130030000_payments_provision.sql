-- What is set aside for losses at the end of each closed day (J17), and rows of loans whose quality a way out holds.
create table payments.provision_day (
    day          date      not null,
    quality      smallint  not null,
    outstanding  bigint    not null,
    allowance    bigint    not null,
    constraint provision_day_pkey primary key (day, quality),
    constraint provision_day_quality_check check (quality between 1 and 5),
    constraint provision_day_allowance_check check (allowance between 0 and outstanding)
);
create trigger provision_day_append_only before update or delete on payments.provision_day
    for each row execute function audit.refuse_change();
revoke update, delete on payments.provision_day from sanggup_app;

-- Their formulas may say that the quality stays held after the third instalment paid on time: the next close looks at
-- each of these loans anew, from where its books stand.
update payments.standing s
   set (paced_on, quiet_to, interest, unearned, late_fees)
     = (select s.advanced_to, s.advanced_to, b.interest, b.unearned, b.late_fees
          from payments.balance b where b.loan_id = s.loan_id)
 where s.held_days > 0
   and not s.resting;
