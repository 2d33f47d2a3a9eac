-- The audit log: who did what to what, why, and whether it was allowed. Rows are only ever added.
create table audit.entry (
    seq          bigint      generated always as identity,
    audit_id     uuid        not null,
    at           timestamptz not null,
    actor_kind   text        not null,
    actor_id     uuid,
    role         text        not null,
    session_id   uuid,
    action       text        not null,
    object_kind  text        not null,
    object_id    text        not null,
    reason       text        not null,
    outcome      text        not null,
    device       text        not null,
    trace_id     text        not null,
    constraint entry_pkey primary key (seq),
    constraint entry_audit_id_key unique (audit_id),
    constraint entry_actor_kind_check check (actor_kind in ('anonymous', 'borrower', 'staff', 'system')),
    constraint entry_outcome_check check (outcome in ('allowed', 'denied', 'pending'))
);
create index entry_object_index on audit.entry (object_kind, object_id, seq desc);
create index entry_actor_index on audit.entry (actor_id, seq desc);
create trigger entry_append_only before update or delete on audit.entry
    for each row execute function audit.refuse_change();
create trigger entry_no_truncate before truncate on audit.entry
    for each statement execute function audit.refuse_change();
grant usage on all sequences in schema audit, payments to sanggup_app;
