-- The account holder's name is personal (security.md R37): a quote keeps it sealed, and readable only "BCA •••• 4821".
alter table loans.quote add column recipient_sealed bytea;

-- Rows of before: the holder goes. Nobody's key is at hand here to seal it with.
update loans.quote
set payee_label = split_part(payee_label, ', ', 1),
    simulation = jsonb_set(simulation, '{disclosure,recipient}', to_jsonb(split_part(payee_label, ', ', 1)))
where payee_label like '%, %';
