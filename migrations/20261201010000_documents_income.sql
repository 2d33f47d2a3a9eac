-- An income proof counts once an officer read it: the figure they read stands with the paper, sealed.
alter table documents.document
    add column income_sealed bytea,
    add constraint document_income_check check (income_sealed is null or kind = 'income_proof');
