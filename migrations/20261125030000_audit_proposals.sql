-- Two people for what one alone may not do: a proposal is written once, its end once, and the two cannot be one person.
create table audit.proposal (
    proposal_id  uuid        not null,
    kind         text        not null,
    subject      text        not null,
    title        text        not null,
    payload      jsonb       not null,
    diff         jsonb       not null,
    reason       text        not null,
    maker        uuid        not null,
    maker_role   text        not null,
    made_at      timestamptz not null,
    constraint proposal_pkey primary key (proposal_id),
    constraint proposal_maker_key unique (proposal_id, maker)
);
create index proposal_subject_index on audit.proposal (kind, subject);
create trigger proposal_append_only before update or delete on audit.proposal
    for each row execute function audit.refuse_change();
create trigger proposal_no_truncate before truncate on audit.proposal
    for each statement execute function audit.refuse_change();

-- How a proposal ended. Its maker is repeated here so that one row can hold maker and checker apart.
create table audit.verdict (
    proposal_id   uuid        not null,
    verdict       text        not null,
    maker         uuid        not null,
    checker       uuid        not null,
    checker_role  text        not null,
    reason        text        not null,
    checked_at    timestamptz not null,
    constraint verdict_pkey primary key (proposal_id),
    constraint verdict_proposal_fkey foreign key (proposal_id, maker) references audit.proposal (proposal_id, maker),
    constraint verdict_verdict_check check (verdict in ('approved', 'rejected', 'withdrawn')),
    constraint verdict_maker_checker_check check ((maker = checker) = (verdict = 'withdrawn'))
);
create trigger verdict_append_only before update or delete on audit.verdict
    for each row execute function audit.refuse_change();
create trigger verdict_no_truncate before truncate on audit.verdict
    for each statement execute function audit.refuse_change();
