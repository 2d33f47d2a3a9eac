-- Who pays more than the bill says what the rest changes: the term, the instalments, or the next of them.
alter table payments.charge
    add column prepay text,
    add constraint charge_prepay_check check (
        prepay is null or (purpose = 'amount' and prepay in ('term', 'instalment', 'next'))
    );
