-- Products and caps are only ever added, a policy is fixed from shadow on; decisions can be replayed, drafts tested.
alter table loans.product add column proposal_id uuid;
alter table loans.cap add column proposal_id uuid;
create trigger product_append_only before update or delete on loans.product
    for each row execute function audit.refuse_change();
create trigger cap_append_only before update or delete on loans.cap
    for each row execute function audit.refuse_change();

alter table loans.policy
    add column made_by uuid,
    add column proposal_id uuid,
    add column shadow_at timestamptz,
    add column active_at timestamptz,
    add column retired_at timestamptz;

-- draft, then shadow, then active, then retired (or from shadow straight to retired); the body changes as a draft only.
create function loans.keep_policy() returns trigger language plpgsql as $$
begin
    if old.status = 'draft' and (tg_op = 'DELETE' or new.status in ('draft', 'shadow')) then
        return coalesce(new, old);
    end if;
    if tg_op = 'UPDATE' and new.version = old.version and new.body = old.body
       and (old.status, new.status) in (('shadow', 'active'), ('shadow', 'retired'), ('active', 'retired')) then
        return new;
    end if;
    raise exception 'policy % cannot change like this', old.version using errcode = 'insufficient_privilege';
end
$$;
create trigger policy_kept before update or delete on loans.policy
    for each row execute function loans.keep_policy();

-- What a decision was made from, so that the same bytes can be asked for years later.
alter table loans.decision add column snapshot_hash bytea;

-- What a policy in shadow would have decided, beside each decision of the live one; never shown, never acts.
create table loans.shadow_decision (
    decision_id     uuid        not null,
    policy_version  integer     not null,
    outcome         text        not null,
    result_sealed   bytea,
    decided_at      timestamptz not null,
    constraint shadow_decision_pkey primary key (decision_id, policy_version),
    constraint shadow_decision_decision_fkey foreign key (decision_id) references loans.decision (decision_id),
    constraint shadow_decision_policy_fkey foreign key (policy_version) references loans.policy (version),
    constraint shadow_decision_outcome_check check (outcome in ('approve', 'refer', 'decline', 'undecided'))
);
create index shadow_decision_policy_index on loans.shadow_decision (policy_version, outcome);
create trigger shadow_decision_append_only before update or delete on loans.shadow_decision
    for each row execute function audit.refuse_change();
create index decision_time_index on loans.decision (decided_at, decision_id);

-- The reports without which no policy is published.
create table loans.back_test (
    back_test_id    uuid        not null,
    policy_version  integer     not null,
    report          jsonb       not null,
    made_by         uuid        not null,
    made_at         timestamptz not null,
    constraint back_test_pkey primary key (back_test_id),
    constraint back_test_policy_fkey foreign key (policy_version) references loans.policy (version)
);
create index back_test_policy_index on loans.back_test (policy_version, made_at desc);
create trigger back_test_append_only before update or delete on loans.back_test
    for each row execute function audit.refuse_change();

-- Officers who took part in a decision that the borrower asks to be reviewed: none of them decides the review.
alter table loans.application add column took_part uuid[] not null default '{}';
