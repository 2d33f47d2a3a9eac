-- An application ends when the borrower owes us an answer for fourteen days (lending.md 7.2), not when we owe one: what
-- was asked of the borrower, and when, is kept. And the close may not wait for an account that a payment holds: it locks
-- standings first, so its facts of late fees have no key of the account to look at.
alter table loans.application add column asked_at timestamptz;
create index application_asked_index on loans.application (asked_at) where asked_at is not null;
alter table payments.late_fee_basis drop constraint late_fee_basis_account_fkey;
