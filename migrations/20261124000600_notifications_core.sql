-- What people are told, on which channels, and what became of each delivery.
create table notifications.notice (
    notice_id   uuid        not null,
    user_id     uuid        not null,
    event_id    uuid        not null,
    kind        text        not null,
    title       text        not null,
    body        text        not null,
    link        text        not null,
    created_at  timestamptz not null,
    read_at     timestamptz,
    constraint notice_pkey primary key (notice_id),
    constraint notice_event_key unique (event_id),
    constraint notice_user_fkey foreign key (user_id) references auth.account (user_id)
);
create index notice_user_index on notifications.notice (user_id, created_at desc, notice_id desc);
create index notice_unread_index on notifications.notice (user_id) where read_at is null;

create table notifications.delivery (
    delivery_id   uuid        not null,
    notice_id     uuid,
    challenge_id  uuid,
    send_no       smallint,
    channel       text        not null,
    state         text        not null,
    provider_ref  text,
    error_code    text,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    constraint delivery_pkey primary key (delivery_id),
    constraint delivery_notice_fkey foreign key (notice_id) references notifications.notice (notice_id),
    constraint delivery_notice_key unique (notice_id, channel),
    constraint delivery_code_key unique (challenge_id, send_no),
    constraint delivery_about_check check ((notice_id is null) <> (challenge_id is null)),
    constraint delivery_channel_check check (channel in ('whatsapp', 'sms', 'email', 'push')),
    constraint delivery_state_check check (state in ('queued', 'accepted', 'sent', 'delivered', 'read', 'failed'))
);
create index delivery_provider_index on notifications.delivery (provider_ref) where provider_ref is not null;

create table notifications.preference (
    user_id          uuid        not null,
    whatsapp         boolean     not null,
    email            boolean     not null,
    sms              boolean     not null,
    push             boolean     not null,
    amounts_in_push  boolean     not null,
    updated_at       timestamptz not null,
    constraint preference_pkey primary key (user_id),
    constraint preference_user_fkey foreign key (user_id) references auth.account (user_id)
);

create table notifications.push_subscription (
    subscription_id  uuid        not null,
    user_id          uuid        not null,
    endpoint_index   bytea       not null,
    sealed           bytea       not null,
    created_at       timestamptz not null,
    constraint push_subscription_pkey primary key (subscription_id),
    constraint push_subscription_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint push_subscription_endpoint_key unique (endpoint_index)
);
