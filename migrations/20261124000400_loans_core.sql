-- Products, caps and policies as versioned data; quotes, applications with their consent, decisions, loans.
create table loans.product (
    code        text        not null,
    version     integer     not null,
    body        jsonb       not null,
    valid_from  date        not null,
    created_at  timestamptz not null,
    constraint product_pkey primary key (code, version)
);

create table loans.cap (
    cap_id      text        not null,
    body        jsonb       not null,
    valid_from  date        not null,
    created_at  timestamptz not null,
    constraint cap_pkey primary key (cap_id)
);

create table loans.policy (
    version     integer     not null,
    body        jsonb       not null,
    status      text        not null,
    created_at  timestamptz not null,
    constraint policy_pkey primary key (version),
    constraint policy_status_check check (status in ('draft', 'shadow', 'active', 'retired'))
);
create unique index policy_active_key on loans.policy (status) where status = 'active';

create table loans.quote (
    quote_id           uuid        not null,
    user_id            uuid        not null,
    product_code       text        not null,
    product_version    integer     not null,
    amount             bigint      not null,
    tenor              smallint    not null,
    start_on           date        not null,
    simulation         jsonb       not null,
    disclosure_hash    text        not null,
    payee_label        text        not null,
    agreement_version  text        not null,
    created_at         timestamptz not null,
    expires_at         timestamptz not null,
    used_at            timestamptz,
    constraint quote_pkey primary key (quote_id),
    constraint quote_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint quote_product_fkey foreign key (product_code, product_version) references loans.product (code, version),
    constraint quote_amount_check check (amount > 0),
    constraint quote_tenor_check check (tenor > 0)
);
create index quote_user_index on loans.quote (user_id, created_at desc);

create table loans.application (
    loan_id              uuid        not null,
    number               text        not null,
    user_id              uuid        not null,
    quote_id             uuid        not null,
    purpose              text        not null,
    figures_sealed       bytea       not null,
    status               text        not null,
    submitted_at         timestamptz not null,
    waiting_since        timestamptz,
    decided_at           timestamptz,
    cancelled_at         timestamptz,
    review_requested_at  timestamptz,
    first_officer        uuid,
    constraint application_pkey primary key (loan_id),
    constraint application_number_key unique (number),
    constraint application_quote_key unique (quote_id),
    constraint application_quote_fkey foreign key (quote_id) references loans.quote (quote_id),
    constraint application_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint application_purpose_check check (purpose in ('household', 'education', 'health', 'business', 'other')),
    constraint application_status_check check (
        status in ('submitted', 'under_review', 'referred', 'declined', 'approved', 'disbursed', 'cancelled')
    )
);
create unique index application_one_open_key on loans.application (user_id)
    where status in ('submitted', 'under_review', 'referred', 'approved');
create index application_user_index on loans.application (user_id, submitted_at desc, loan_id desc);
create index application_queue_index on loans.application (waiting_since, loan_id) where status = 'referred';

-- No application exists without its consent.
create table loans.agreement_consent (
    loan_id            uuid        not null,
    quote_id           uuid        not null,
    disclosure_hash    text        not null,
    agreement_version  text        not null,
    session_id         uuid        not null,
    accepted_at        timestamptz not null,
    constraint agreement_consent_pkey primary key (loan_id),
    constraint agreement_consent_application_fkey foreign key (loan_id) references loans.application (loan_id)
);
create trigger agreement_consent_append_only before update or delete on loans.agreement_consent
    for each row execute function audit.refuse_change();

create table loans.decision (
    decision_id      uuid        not null,
    loan_id          uuid        not null,
    outcome          text        not null,
    snapshot_sealed  bytea       not null,
    result_sealed    bytea       not null,
    policy_version   integer     not null,
    decided_at       timestamptz not null,
    decided_by       uuid,
    human_reason     text,
    constraint decision_pkey primary key (decision_id),
    constraint decision_application_fkey foreign key (loan_id) references loans.application (loan_id),
    constraint decision_policy_fkey foreign key (policy_version) references loans.policy (version),
    constraint decision_outcome_check check (outcome in ('approve', 'refer', 'decline'))
);
create index decision_loan_index on loans.decision (loan_id, decided_at desc);
create trigger decision_append_only before update or delete on loans.decision
    for each row execute function audit.refuse_change();

create table loans.loan (
    loan_id       uuid        not null,
    user_id       uuid        not null,
    principal     bigint      not null,
    started_on    date        not null,
    status        text        not null,
    disbursed_at  timestamptz not null,
    closed_at     timestamptz,
    constraint loan_pkey primary key (loan_id),
    constraint loan_application_fkey foreign key (loan_id) references loans.application (loan_id),
    constraint loan_principal_check check (principal > 0),
    constraint loan_status_check check (status in ('active', 'closed', 'cancelled', 'written_off'))
);
create index loan_user_index on loans.loan (user_id) where status = 'active';

create table loans.instalment (
    loan_id    uuid     not null,
    number     smallint not null,
    due_on     date     not null,
    principal  bigint   not null,
    interest   bigint   not null,
    constraint instalment_pkey primary key (loan_id, number),
    constraint instalment_loan_fkey foreign key (loan_id) references loans.loan (loan_id),
    constraint instalment_amounts_check check (principal >= 0 and interest >= 0)
);

-- The first answer of every command with an idempotency key, kept in the transaction of its effect.
create table loans.command (
    user_id     uuid        not null,
    operation   text        not null,
    key         text        not null,
    body_hash   bytea       not null,
    answer      jsonb       not null,
    created_at  timestamptz not null,
    constraint command_pkey primary key (user_id, operation, key)
);
create index command_age_index on loans.command (created_at);
