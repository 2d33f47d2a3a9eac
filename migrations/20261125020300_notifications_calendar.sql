-- National holidays by year: on them, and in a year that is not loaded, nobody is told about an unpaid bill.
create table notifications.calendar_year (
    year    smallint not null,
    source  text     not null,
    constraint calendar_year_pkey primary key (year)
);
create table notifications.holiday (
    day   date not null,
    name  text not null,
    constraint holiday_pkey primary key (day)
);
insert into notifications.calendar_year (year, source) values (2026, 'SKB 3 Menteri 2025: hari libur nasional 2026');
insert into notifications.holiday (day, name) values
    ('2026-01-01', 'Tahun Baru Masehi'),
    ('2026-01-16', 'Isra Mikraj'),
    ('2026-02-17', 'Tahun Baru Imlek'),
    ('2026-03-19', 'Hari Suci Nyepi'),
    ('2026-03-21', 'Idulfitri'),
    ('2026-03-22', 'Idulfitri'),
    ('2026-04-03', 'Wafat Yesus Kristus'),
    ('2026-04-05', 'Kebangkitan Yesus Kristus'),
    ('2026-05-01', 'Hari Buruh Internasional'),
    ('2026-05-14', 'Kenaikan Yesus Kristus'),
    ('2026-05-27', 'Iduladha'),
    ('2026-05-31', 'Hari Raya Waisak'),
    ('2026-06-01', 'Hari Lahir Pancasila'),
    ('2026-06-16', 'Tahun Baru Islam'),
    ('2026-08-17', 'Hari Kemerdekaan'),
    ('2026-08-25', 'Maulid Nabi Muhammad'),
    ('2026-12-25', 'Kelahiran Yesus Kristus');
