-- Each bill keeps the cap row of its contract, and the benefit, days and ratio of the loan as it stood when it was made.
alter table payments.charge
    add column cap_id text,
    add column cap_benefit bigint,
    add column cap_days integer,
    add column cap_ratio_ppm bigint,
    add constraint charge_cap_check check (
        (cap_id is null) = (cap_benefit is null) and (cap_id is null) = (cap_days is null)
        and (cap_id is null) = (cap_ratio_ppm is null)
    );
