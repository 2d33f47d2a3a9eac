-- The national holidays of 2027, as decreed on 15 September 2026; joint leave (cuti bersama) is no national holiday.
insert into notifications.calendar_year (year, source) values
    (2027, 'SKB 3 Menteri 15 September 2026 (Menag 1205/2026, Menaker 3/2026, Menpan 2/2026): hari libur nasional 2027')
    on conflict do nothing;
insert into notifications.holiday (day, name) values
    ('2027-01-01', 'Tahun Baru Masehi'),
    ('2027-01-05', 'Isra Mikraj'),
    ('2027-02-06', 'Tahun Baru Imlek'),
    ('2027-03-08', 'Hari Suci Nyepi'),
    ('2027-03-10', 'Idulfitri'),
    ('2027-03-11', 'Idulfitri'),
    ('2027-03-26', 'Wafat Yesus Kristus'),
    ('2027-03-28', 'Kebangkitan Yesus Kristus'),
    ('2027-05-01', 'Hari Buruh Internasional'),
    ('2027-05-06', 'Kenaikan Yesus Kristus'),
    ('2027-05-17', 'Iduladha'),
    ('2027-05-20', 'Hari Raya Waisak'),
    ('2027-06-01', 'Hari Lahir Pancasila'),
    ('2027-06-06', 'Tahun Baru Islam'),
    ('2027-08-15', 'Maulid Nabi Muhammad'),
    ('2027-08-17', 'Hari Kemerdekaan'),
    ('2027-12-25', 'Kelahiran Yesus Kristus'),
    ('2027-12-26', 'Isra Mikraj')
    on conflict do nothing;
