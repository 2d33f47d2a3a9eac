-- The papers of a contract (cost summary, agreement, schedule, settlement letter): made once, sealed, never changed.
create table documents.contract (
    contract_id  uuid        not null,
    user_id      uuid        not null,
    loan_id      uuid        not null,
    kind         text        not null,
    edition      text        not null,
    object_key   text        not null,
    sha256       bytea       not null,
    size_bytes   integer     not null,
    made_at      timestamptz not null,
    constraint contract_pkey primary key (contract_id),
    constraint contract_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint contract_object_key unique (object_key),
    constraint contract_edition_key unique (loan_id, kind, edition),
    constraint contract_kind_check check (kind in ('cost_summary', 'agreement', 'schedule', 'settlement')),
    constraint contract_sha256_check check (length(sha256) = 32),
    constraint contract_size_check check (size_bytes > 0)
);
create index contract_user_index on documents.contract (user_id);
create trigger contract_append_only before update or delete on documents.contract
    for each row execute function audit.refuse_change();
create trigger contract_no_truncate before truncate on documents.contract
    for each statement execute function audit.refuse_change();
revoke update, delete on documents.contract from sanggup_app;
