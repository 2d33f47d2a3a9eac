-- The replay proof: which part of the loans was rebuilt from its events when, and what was found to differ.
create table payments.proof (
    proof_id    uuid        not null,
    day         date        not null,
    part        smallint,
    started_at  timestamptz not null,
    ended_at    timestamptz not null,
    loans       bigint      not null,
    drifting    bigint      not null,
    constraint proof_pkey primary key (proof_id),
    constraint proof_part_check check (part between 0 and 6)
);
create index proof_age_index on payments.proof (ended_at desc);

-- A loan whose books or row are not what its events say; gone when it is proven again.
create table payments.drift (
    loan_id   uuid        not null,
    what      text        not null,
    found_at  timestamptz not null,
    constraint drift_pkey primary key (loan_id)
);
