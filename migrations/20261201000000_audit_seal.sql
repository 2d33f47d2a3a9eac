-- The hash chain over the audit log: who changes, removes or slips in a line breaks every hash after it (security.md R46).
-- Lines are sealed in the order in which they were committed, which is not always the order of their numbers.
create table audit.seal (
    position bigint not null,
    seq      bigint not null,
    hash     bytea  not null,
    constraint seal_pkey primary key (position),
    constraint seal_seq_key unique (seq),
    constraint seal_entry_fkey foreign key (seq) references audit.entry (seq),
    constraint seal_position_check check (position > 0),
    constraint seal_hash_check check (length(hash) = 32)
);
create trigger seal_append_only before update or delete on audit.seal
    for each row execute function audit.refuse_change();
create trigger seal_no_truncate before truncate on audit.seal
    for each statement execute function audit.refuse_change();
