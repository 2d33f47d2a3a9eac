-- Accounts, data keys, sessions, known devices, one-time codes, passkeys and refresh tokens. Secrets are
-- stored as hashes or sealed; email and phone are sealed and looked up by a keyed index.
create table auth.account (
    user_id        uuid        not null,
    role           text        not null,
    display_name   text        not null default '',
    email_sealed   bytea       not null,
    email_index    bytea       not null,
    phone_sealed   bytea,
    phone_index    bytea,
    password_hash  text        not null,
    pepper_kid     text        not null,
    failures       integer     not null default 0,
    disabled_at    timestamptz,
    created_at     timestamptz not null,
    -- Null while the profile is still being made: such an account cannot sign in, and goes when that fails.
    opened_at      timestamptz,
    constraint account_pkey primary key (user_id),
    constraint account_email_key unique (email_index),
    constraint account_phone_key unique (phone_index),
    constraint account_role_check check (
        role in ('borrower', 'support', 'analyst', 'approver', 'collector', 'auditor', 'superadmin')
    ),
    constraint account_phone_check check (role <> 'borrower' or (phone_index is not null and phone_sealed is not null)),
    constraint account_failures_check check (failures >= 0)
);

create index account_unopened_index on auth.account (created_at) where opened_at is null;

-- Wrong passwords for an identifier from a circle of addresses, whether or not the account exists. Keyed hash.
create table auth.attempt (
    attempt_key    bytea       not null,
    failures       integer     not null,
    blocked_until  timestamptz not null,
    updated_at     timestamptz not null,
    constraint attempt_pkey primary key (attempt_key),
    constraint attempt_failures_check check (failures > 0)
);
create index attempt_age_index on auth.attempt (updated_at);

-- One data key per person, wrapped; destroying the row makes everything sealed with it unreadable.
create table auth.data_key (
    user_id     uuid        not null,
    version     smallint    not null,
    kek_id      text        not null,
    wrapped     bytea       not null,
    created_at  timestamptz not null,
    constraint data_key_pkey primary key (user_id, version)
);

create table auth.session (
    session_id        uuid        not null,
    user_id           uuid        not null,
    kind              text        not null,
    token_hash        bytea       not null,
    device            text        not null,
    authenticated_at  timestamptz not null,
    created_at        timestamptz not null,
    last_seen_at      timestamptz not null,
    expires_at        timestamptz not null,
    ended_at          timestamptz,
    constraint session_pkey primary key (session_id),
    constraint session_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint session_token_key unique (token_hash),
    constraint session_kind_check check (kind in ('borrower', 'staff', 'api'))
);
create index session_user_index on auth.session (user_id, created_at desc) where ended_at is null;

create table auth.device (
    device_id     uuid        not null,
    user_id       uuid        not null,
    token_hash    bytea       not null,
    name          text        not null,
    created_at    timestamptz not null,
    last_used_at  timestamptz not null,
    constraint device_pkey primary key (device_id),
    constraint device_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint device_token_key unique (token_hash)
);
create index device_user_index on auth.device (user_id);

-- A code is never stored: it is derived from the challenge, the number of the send and a key.
create table auth.challenge (
    challenge_id  uuid        not null,
    purpose       text        not null,
    user_id       uuid,
    sealed        bytea       not null,
    channel       text        not null,
    send_no       smallint    not null,
    tries_left    smallint    not null,
    sent_at       timestamptz not null,
    expires_at    timestamptz not null,
    created_at    timestamptz not null,
    consumed_at   timestamptz,
    constraint challenge_pkey primary key (challenge_id),
    constraint challenge_purpose_check check (purpose in ('register', 'sign_in', 'reset')),
    constraint challenge_channel_check check (channel in ('whatsapp', 'sms')),
    constraint challenge_tries_check check (tries_left >= 0)
);
create index challenge_expiry_index on auth.challenge (expires_at);

create table auth.ceremony (
    ceremony_id  uuid        not null,
    kind         text        not null,
    session_id   uuid,
    state        jsonb       not null,
    expires_at   timestamptz not null,
    constraint ceremony_pkey primary key (ceremony_id),
    constraint ceremony_kind_check check (kind in ('register', 'sign_in')),
    constraint ceremony_session_check check (kind <> 'register' or session_id is not null)
);

create table auth.passkey (
    passkey_id     uuid        not null,
    user_id        uuid        not null,
    credential_id  bytea       not null,
    credential     jsonb       not null,
    label          text        not null,
    created_at     timestamptz not null,
    last_used_at   timestamptz,
    constraint passkey_pkey primary key (passkey_id),
    constraint passkey_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint passkey_credential_key unique (credential_id)
);
create index passkey_user_index on auth.passkey (user_id);

create table auth.refresh_token (
    token_hash   bytea       not null,
    session_id   uuid        not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    consumed_at  timestamptz,
    successor    bytea,
    constraint refresh_token_pkey primary key (token_hash),
    constraint refresh_token_session_fkey foreign key (session_id) references auth.session (session_id)
);
create index refresh_token_session_index on auth.refresh_token (session_id);
