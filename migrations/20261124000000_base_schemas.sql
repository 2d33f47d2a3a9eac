-- One schema per service, so that a service's statements can be held to its own tables, and one role for
-- the web server and worker that may not touch what is append-only.
create schema auth;
create schema users;
create schema documents;
create schema loans;
create schema payments;
create schema notifications;
create schema audit;

-- Roles belong to the cluster, not the database: another database may have made it already.
do $$
begin
    create role sanggup_app nologin;
exception
    when duplicate_object or unique_violation then null;
end
$$;

grant usage on schema auth, users, documents, loans, payments, notifications, audit to sanggup_app;
alter default privileges in schema auth, users, documents, loans, payments, notifications
    grant select, insert, update, delete on tables to sanggup_app;
alter default privileges in schema audit grant select, insert on tables to sanggup_app;
grant sanggup_app to current_user;

-- What is written once and never changed refuses every other statement, whoever asks.
create function audit.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% on %.% is not allowed: rows are only ever added', tg_op, tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
