-- Who the borrower is. Everything that names or prices a person is sealed with the person's own key.
create table users.profile (
    user_id                   uuid        not null,
    name_sealed               bytea       not null,
    nik_sealed                bytea       not null,
    nik_index                 bytea       not null,
    birth_date_sealed         bytea       not null,
    phone_sealed              bytea       not null,
    email_sealed              bytea       not null,
    address_sealed            bytea,
    occupation_sealed         bytea,
    employer_sealed           bytea,
    monthly_income_sealed     bytea,
    other_instalments_sealed  bytea,
    kyc_status                text        not null,
    kyc_changed_at            timestamptz not null,
    kyc_decided_by            uuid,
    retake_kind               text,
    retake_reason             text,
    created_at                timestamptz not null,
    updated_at                timestamptz not null,
    constraint profile_pkey primary key (user_id),
    constraint profile_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint profile_nik_key unique (nik_index),
    constraint profile_kyc_check check (kyc_status in ('incomplete', 'in_review', 'retake', 'verified', 'rejected')),
    constraint profile_retake_check check (kyc_status <> 'retake' or (retake_kind is not null and retake_reason is not null))
);
create index profile_queue_index on users.profile (kyc_changed_at, user_id) where kyc_status = 'in_review';

create table users.consent (
    consent_id    uuid        not null,
    user_id       uuid        not null,
    purpose       text        not null,
    version       text        not null,
    given_at      timestamptz not null,
    withdrawn_at  timestamptz,
    constraint consent_pkey primary key (consent_id),
    constraint consent_user_fkey foreign key (user_id) references users.profile (user_id)
);
create index consent_user_index on users.consent (user_id, given_at desc);

create table users.bank_account (
    bank_account_id  uuid        not null,
    user_id          uuid        not null,
    bank             text        not null,
    number_sealed    bytea       not null,
    number_index     bytea       not null,
    created_at       timestamptz not null,
    changed_at       timestamptz,
    replaced_at      timestamptz,
    constraint bank_account_pkey primary key (bank_account_id),
    constraint bank_account_user_fkey foreign key (user_id) references users.profile (user_id)
);
create unique index bank_account_current_key on users.bank_account (user_id) where replaced_at is null;
