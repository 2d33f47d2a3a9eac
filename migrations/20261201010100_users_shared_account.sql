-- Whose bank account belongs to another account as well is a question for a person: found by its blind index.
create index bank_account_number_index on users.bank_account (number_index) where replaced_at is null;
