-- A counter-offer that is accepted is agreed to by its own quote, beside the consent to what was asked first.
alter table loans.agreement_consent drop constraint agreement_consent_pkey;
alter table loans.agreement_consent add constraint agreement_consent_pkey primary key (loan_id, quote_id);
