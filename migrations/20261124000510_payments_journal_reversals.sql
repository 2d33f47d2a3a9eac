-- A mistake in the books is taken back by its opposite, once: a journal knows its slot (the fact it records) and
-- which journal it takes back.
alter table payments.journal
    add column slot text not null,
    add column reversal_of uuid,
    add constraint journal_reversal_fkey foreign key (reversal_of) references payments.journal (journal_id),
    add constraint journal_one_reversal_key unique (reversal_of);
create index journal_slot_index on payments.journal (loan_id, slot, seq);
