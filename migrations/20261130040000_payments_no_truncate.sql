-- What is written once is not emptied either: the books, as the audit log already.
create trigger event_no_truncate before truncate on payments.event
    for each statement execute function audit.refuse_change();
create trigger payment_no_truncate before truncate on payments.payment
    for each statement execute function audit.refuse_change();
create trigger journal_no_truncate before truncate on payments.journal
    for each statement execute function audit.refuse_change();
create trigger ledger_entry_no_truncate before truncate on payments.ledger_entry
    for each statement execute function audit.refuse_change();
