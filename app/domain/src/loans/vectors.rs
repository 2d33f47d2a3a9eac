//! The reference schedules A1 to A9 and E1 to E23, as tables.

use time::Date;
use time::macros::date;

use crate::Rupiah;
use crate::calendar::{DayCount, DuePolicy, HolidayRule, MonthEnd, Period, days_between};
use crate::loans::cap::daily_cost_ppm;
use crate::loans::period::periods;
use crate::loans::product::{Fee, FeeAmount, FeeWhen, InstalmentRounding, Product};
use crate::loans::schedule::{Method, Schedule, Terms, TermsError, schedule};
use crate::money::Rounding;
use crate::rate::{Per, Rate};

const START: Date = date!(2026 - 09 - 05);
const LATER: Date = date!(2026 - 11 - 23);

fn annuity(principal: i64, percent: &str, count: u32, start: Date) -> Terms {
    terms(Method::Annuity, principal, percent, count, start)
}

fn terms(method: Method, principal: i64, percent: &str, count: u32, start: Date) -> Terms {
    Terms::new(
        method,
        Rupiah::new(principal),
        Rate::parse(percent, Per::Year).unwrap(),
        count,
        start,
    )
}

fn tunai(principal: i64, tenor: u32, start: Date) -> Schedule {
    schedule(&Terms::of(
        &Product::sanggup_tunai(),
        Rupiah::new(principal),
        tenor,
        start,
    ))
    .unwrap()
}

fn principals(plan: &Schedule) -> Vec<i64> {
    plan.lines.iter().map(|line| line.principal.get()).collect()
}

fn interests(plan: &Schedule) -> Vec<i64> {
    plan.lines.iter().map(|line| line.interest.get()).collect()
}

fn instalments(plan: &Schedule) -> Vec<i64> {
    plan.lines.iter().map(|line| line.instalment().get()).collect()
}

fn dues(plan: &Schedule) -> Vec<Date> {
    plan.lines.iter().map(|line| line.due_on).collect()
}

/// `n` equal amounts and a last one.
fn equal(n: usize, amount: i64, last: i64) -> Vec<i64> {
    std::iter::repeat_n(amount, n).chain([last]).collect()
}

/// One line of a table: due date, principal, interest, total, balance.
type Row = (Date, i64, i64, i64, i64);

#[track_caller]
fn assert_table(plan: &Schedule, rows: &[Row]) {
    let lines: Vec<Row> = plan
        .lines
        .iter()
        .map(|line| {
            let amounts = [line.principal, line.interest, line.instalment(), line.balance].map(Rupiah::get);
            (line.due_on, amounts[0], amounts[1], amounts[2], amounts[3])
        })
        .collect();
    assert_eq!(lines, rows);
    let sum = |part: fn(&Row) -> i64| rows.iter().map(part).sum::<i64>();
    assert_eq!(plan.principal.get(), sum(|row| row.1));
    assert_eq!(plan.total_interest.get(), sum(|row| row.2));
    assert_eq!(plan.total().get(), sum(|row| row.3));
}

/// The factor of each period with twelve decimals, in units of 10^-12.
fn factors(terms: &Terms) -> Vec<i128> {
    let scaled = |factor: crate::rate::Fraction| factor.scaled(10_i128.pow(12), Rounding::HalfEven).unwrap();
    periods(terms, terms.count)
        .unwrap()
        .iter()
        .map(|period| scaled(period.factor))
        .collect()
}

#[test]
fn e1_the_catalogue_loan() {
    let plan = tunai(3_000_000, 6, START);
    assert_table(
        &plan,
        &[
            (date!(2026 - 10 - 05), 469_650, 75_000, 544_650, 2_530_350),
            (date!(2026 - 11 - 05), 481_391, 63_259, 544_650, 2_048_959),
            (date!(2026 - 12 - 05), 493_426, 51_224, 544_650, 1_555_533),
            (date!(2027 - 01 - 05), 505_762, 38_888, 544_650, 1_049_771),
            (date!(2027 - 02 - 05), 518_406, 26_244, 544_650, 531_365),
            (date!(2027 - 03 - 05), 531_365, 13_284, 544_649, 0),
        ],
    );
    assert_eq!((plan.total_interest.get(), plan.total().get()), (267_899, 3_267_899));
    assert_eq!((plan.tenor_days(), plan.net_cash), (181, plan.principal));
    let later = tunai(3_000_000, 6, LATER);
    assert_eq!(instalments(&later), instalments(&plan));
    assert_eq!(later.tenor_days(), 181);
    assert_eq!(
        (later.lines[0].due_on, later.lines[5].due_on),
        (date!(2026 - 12 - 23), date!(2027 - 05 - 23))
    );
}

#[test]
fn e2_the_catalogue_tenors() {
    for (tenor, amount, last, interest, days, ppm) in [
        (3, 1_050_412, 1_050_411, 151_235, 91, 554),
        (6, 544_650, 544_649, 267_899, 181, 493),
        (9, 376_371, 376_368, 387_336, 273, 473),
        (12, 292_461, 292_466, 509_537, 365, 465),
    ] {
        let plan = tunai(3_000_000, tenor, START);
        assert_eq!(instalments(&plan), equal(tenor as usize - 1, amount, last));
        assert_eq!((plan.total_interest.get(), plan.tenor_days()), (interest, days));
        assert_eq!(daily_cost_ppm(plan.charges(), plan.principal, days), Ok(ppm));
    }
}

#[test]
fn e4_to_e6_the_adjustment_is_tried_once_and_kept_only_when_better() {
    let kept = tunai(15_100_000, 6, START);
    assert_eq!(instalments(&kept), equal(5, 2_741_404, 2_741_407));
    assert_eq!(
        principals(&kept),
        [2_363_904, 2_423_002, 2_483_577, 2_545_666, 2_609_308, 2_674_543]
    );
    assert_eq!(interests(&kept), [377_500, 318_402, 257_827, 195_738, 132_096, 66_864]);
    assert_eq!(kept.total_interest.get(), 1_348_427);
    let left = tunai(14_600_000, 6, START);
    assert_eq!(instalments(&left), equal(5, 2_650_630, 2_650_626));
    assert_eq!(
        principals(&left),
        [2_285_630, 2_342_771, 2_401_340, 2_461_374, 2_522_908, 2_585_977]
    );
    assert_eq!(interests(&left), [365_000, 307_859, 249_290, 189_256, 127_722, 64_649]);
    assert_eq!(left.total_interest.get(), 1_303_776);
    let twelve = tunai(500_000, 12, START);
    assert_eq!(instalments(&twelve), equal(11, 48_743, 48_749));
    assert_eq!(twelve.total_interest.get(), 84_922);
}

#[test]
fn a1_a3_e7_flat() {
    let a1 = schedule(&terms(Method::Flat, 5_000, "12", 18, START)).unwrap();
    assert_eq!(instalments(&a1), equal(17, 328, 324));
    assert_eq!(principals(&a1), equal(17, 278, 274));
    assert_eq!((a1.total_interest.get(), a1.total().get()), (900, 5_900));
    let a3 = schedule(&terms(Method::Flat, 2_500_000, "36", 3, LATER)).unwrap();
    assert_eq!(
        dues(&a3),
        [date!(2026 - 12 - 23), date!(2027 - 01 - 23), date!(2027 - 02 - 23)]
    );
    assert_eq!(interests(&a3), [75_000, 75_000, 75_000]);
    assert_eq!(principals(&a3), [833_333, 833_333, 833_334]);
    assert_eq!(instalments(&a3), [908_333, 908_333, 908_334]);
    assert_eq!(a3.tenor_days(), 92);
    let e7 = schedule(&terms(Method::Flat, 1_300_300, "18", 5, START)).unwrap();
    assert_eq!(instalments(&e7), equal(4, 279_564, 279_566));
    assert_eq!(principals(&e7), [260_060; 5]);
    assert_eq!(interests(&e7), equal(4, 19_504, 19_506));
    assert_eq!(e7.total_interest.get(), 97_522);
}

#[test]
fn e11_flat_rounded_up_to_a_multiple() {
    let plan = schedule(&Terms {
        multiple: Rupiah::new(500),
        instalment_rounding: InstalmentRounding::Ceil,
        ..terms(Method::Flat, 1_000_000, "36", 3, START)
    })
    .unwrap();
    assert_eq!(plan.total_interest.get(), 90_000);
    assert_eq!(instalments(&plan), [363_500, 363_500, 363_000]);
}

#[test]
fn a2_an_instalment_fee_is_its_own_part() {
    let fee = Fee {
        what: "Biaya layanan".to_owned(),
        amount: FeeAmount::PpmOfInstalment(15_000),
        when: FeeWhen::EachInstalment,
        deducted: false,
    };
    let plan = schedule(&Terms {
        fees: vec![fee],
        ..terms(Method::Flat, 300_000, "12", 3, START)
    })
    .unwrap();
    for line in &plan.lines {
        let parts = (
            line.principal.get(),
            line.interest.get(),
            line.fee.get(),
            line.total().get(),
        );
        assert_eq!(parts, (100_000, 3_000, 1_545, 104_545));
    }
    assert_eq!((plan.total_fees.get(), plan.total_paid().get()), (4_635, 313_635));
}

#[test]
fn a4_a5_a7_annuity_30_360() {
    let a4 = annuity(10_000, "9.4822", 6, START);
    assert_eq!(factors(&a4)[0], 7_901_833_333);
    let a4 = schedule(&a4).unwrap();
    assert_eq!(instalments(&a4), [1_713; 6]);
    assert_eq!(interests(&a4), [79, 66, 53, 40, 27, 13]);
    assert_eq!(principals(&a4), [1_634, 1_647, 1_660, 1_673, 1_686, 1_700]);
    let a5 = schedule(&annuity(10_000, "7", 6, date!(2024 - 01 - 01))).unwrap();
    assert_eq!(instalments(&a5), equal(5, 1_701, 1_700));
    assert_eq!(principals(&a5), [1_643, 1_652, 1_662, 1_672, 1_681, 1_690]);
    assert_eq!(interests(&a5), [58, 49, 39, 29, 20, 10]);
    assert_eq!(a5.total().get(), 10_205);
    for rounding in [Rounding::HalfEven, Rounding::HalfUp] {
        let terms = Terms {
            interest_rounding: rounding,
            ..annuity(3_000_000, "24", 6, LATER)
        };
        let a7 = schedule(&terms).unwrap();
        assert_eq!(instalments(&a7), equal(5, 535_577, 535_580));
        assert_eq!(principals(&a7), [475_577, 485_089, 494_790, 504_686, 514_780, 525_078]);
        assert_eq!(interests(&a7), [60_000, 50_488, 40_787, 30_891, 20_797, 10_502]);
        assert_eq!(a7.total_interest.get(), 213_465);
    }
}

#[test]
fn a8_annuity_on_actual_days_and_a9_on_a_daily_rate() {
    for rounding in [Rounding::HalfEven, Rounding::HalfUp] {
        let base = Terms {
            interest_rounding: rounding,
            ..annuity(3_000_000, "24", 6, LATER)
        };
        let terms = Terms {
            day_count: DayCount::Act365,
            ..base.clone()
        };
        let days: Vec<_> = periods(&terms, 6).unwrap().iter().map(|period| period.days()).collect();
        assert_eq!(days, [30, 31, 31, 28, 31, 30]);
        let a8 = schedule(&terms).unwrap();
        assert_eq!(instalments(&a8), equal(5, 535_368, 535_365));
        assert_eq!(principals(&a8), [476_190, 483_924, 493_788, 506_903, 514_186, 525_009]);
        assert_eq!(interests(&a8), [59_178, 51_444, 41_580, 28_465, 21_182, 10_356]);
        assert_eq!(a8.total_interest.get(), 212_205);
        assert_eq!(daily_cost_ppm(a8.charges(), a8.principal, a8.tenor_days()), Ok(391));
        let daily = Terms {
            principal: Rupiah::new(2_000_000),
            rate: Rate::daily(1_000),
            count: 3,
            ..base
        };
        let a9 = schedule(&daily).unwrap();
        assert_eq!(instalments(&a9), [707_733, 707_733, 707_734]);
        assert_eq!(principals(&a9), [647_733, 665_813, 686_454]);
        assert_eq!(interests(&a9), [60_000, 41_920, 21_280]);
        assert_eq!((a9.total_interest.get(), a9.tenor_days()), (123_200, 92));
    }
}

#[test]
fn e10_a_multiple_leaves_the_rest_to_the_last_line() {
    let plan = schedule(&Terms {
        multiple: Rupiah::new(1_000),
        ..annuity(3_000_000, "30", 6, START)
    })
    .unwrap();
    assert_eq!(instalments(&plan), equal(5, 545_000, 542_763));
    assert_eq!(
        principals(&plan),
        [470_000, 481_750, 493_794, 506_139, 518_792, 529_525]
    );
    assert_eq!(interests(&plan), [75_000, 63_250, 51_206, 38_861, 26_208, 13_238]);
    assert_eq!(plan.total_interest.get(), 267_763);
    let too_big = Terms {
        multiple: Rupiah::new(1_000_000),
        ..annuity(3_000_000, "30", 6, START)
    };
    assert_eq!(schedule(&too_big), Err(TermsError::MultipleTooBig));
}

#[test]
fn e13_to_e15_weeks_and_days() {
    let start = date!(2026 - 09 - 07);
    let weekly = Terms {
        day_count: DayCount::Act364,
        every: Period::Weeks(1),
        ..annuity(1_500_000, "26", 8, start)
    };
    assert_table(
        &schedule(&weekly).unwrap(),
        &[
            (date!(2026 - 09 - 14), 184_243, 7_500, 191_743, 1_315_757),
            (date!(2026 - 09 - 21), 185_164, 6_579, 191_743, 1_130_593),
            (date!(2026 - 09 - 28), 186_090, 5_653, 191_743, 944_503),
            (date!(2026 - 10 - 05), 187_020, 4_723, 191_743, 757_483),
            (date!(2026 - 10 - 12), 187_956, 3_787, 191_743, 569_527),
            (date!(2026 - 10 - 19), 188_895, 2_848, 191_743, 380_632),
            (date!(2026 - 10 - 26), 189_840, 1_903, 191_743, 190_792),
            (date!(2026 - 11 - 02), 190_792, 954, 191_746, 0),
        ],
    );
    let plan = schedule(&Terms {
        every: Period::Weeks(2),
        count: 5,
        ..weekly
    })
    .unwrap();
    assert_eq!(instalments(&plan), equal(4, 309_060, 309_058));
    assert_eq!(principals(&plan), [294_060, 297_001, 299_971, 302_970, 305_998]);
    assert_eq!(interests(&plan), [15_000, 12_059, 9_089, 6_090, 3_060]);
    assert_eq!(plan.total_interest.get(), 45_298);
    let due = [
        date!(2026 - 09 - 21),
        date!(2026 - 10 - 05),
        date!(2026 - 10 - 19),
        date!(2026 - 11 - 02),
    ];
    assert_eq!(dues(&plan), [due.as_slice(), &[date!(2026 - 11 - 16)]].concat());
    let plan = schedule(&Terms {
        day_count: DayCount::Act360,
        every: Period::Days(15),
        ..annuity(2_400_000, "21", 4, start)
    })
    .unwrap();
    assert_eq!(instalments(&plan), [613_182; 4]);
    assert_eq!(principals(&plan), [592_182, 597_364, 602_591, 607_863]);
    assert_eq!(interests(&plan), [21_000, 15_818, 10_591, 5_319]);
    assert_eq!(plan.total_interest.get(), 52_728);
    let due = [
        date!(2026 - 09 - 22),
        date!(2026 - 10 - 07),
        date!(2026 - 10 - 22),
        date!(2026 - 11 - 06),
    ];
    assert_eq!(dues(&plan), due);
}

#[test]
fn e16_each_day_counts_in_its_own_year() {
    let terms = Terms {
        day_count: DayCount::ActAct,
        ..annuity(4_000_000, "20", 4, date!(2027 - 11 - 10))
    };
    assert_eq!(
        factors(&terms),
        [16_438_356_164, 16_971_330_189, 16_939_890_710, 15_846_994_536]
    );
    assert_table(
        &schedule(&terms).unwrap(),
        &[
            (date!(2027 - 12 - 10), 976_189, 65_753, 1_041_942, 3_023_811),
            (date!(2028 - 01 - 10), 990_624, 51_318, 1_041_942, 2_033_187),
            (date!(2028 - 02 - 10), 1_007_500, 34_442, 1_041_942, 1_025_687),
            (date!(2028 - 03 - 10), 1_025_687, 16_254, 1_041_941, 0),
        ],
    );
    let same_days = Terms {
        day_count: DayCount::Act365,
        ..terms
    };
    assert_eq!(
        factors(&same_days),
        [16_438_356_164, 16_986_301_370, 16_986_301_370, 15_890_410_959]
    );
}

#[test]
fn e17_month_end() {
    let clamp = Terms {
        day_count: DayCount::Act365,
        ..annuity(2_500_000, "24", 4, date!(2027 - 01 - 30))
    };
    assert_eq!(
        factors(&clamp),
        [19_068_493_151, 19_726_027_397, 20_383_561_644, 19_726_027_397]
    );
    assert_table(
        &schedule(&clamp).unwrap(),
        &[
            (date!(2027 - 02 - 28), 608_236, 47_671, 655_907, 1_891_764),
            (date!(2027 - 03 - 30), 618_590, 37_317, 655_907, 1_273_174),
            (date!(2027 - 04 - 30), 629_955, 25_952, 655_907, 643_219),
            (date!(2027 - 05 - 30), 643_219, 12_688, 655_907, 0),
        ],
    );
    let roll = Terms {
        month_end: MonthEnd::Roll,
        ..clamp.clone()
    };
    assert_eq!(
        factors(&roll),
        [19_726_027_397, 19_068_493_151, 20_383_561_644, 19_726_027_397]
    );
    assert_table(
        &schedule(&roll).unwrap(),
        &[
            (date!(2027 - 03 - 01), 606_701, 49_315, 656_016, 1_893_299),
            (date!(2027 - 03 - 30), 619_914, 36_102, 656_016, 1_273_385),
            (date!(2027 - 04 - 30), 630_060, 25_956, 656_016, 643_325),
            (date!(2027 - 05 - 30), 643_325, 12_690, 656_015, 0),
        ],
    );
    let even = |month_end| {
        let plan = schedule(&Terms {
            month_end,
            day_count: DayCount::Thirty360,
            ..clamp.clone()
        })
        .unwrap();
        instalments(&plan)
    };
    assert_eq!(even(MonthEnd::Clamp), even(MonthEnd::Roll));
}

#[test]
fn e21_an_odd_first_period_costs_its_days() {
    let long = Terms {
        first_due: Some(date!(2026 - 10 - 25)),
        ..annuity(2_000_000, "18", 4, date!(2026 - 09 - 10))
    };
    assert_eq!(
        factors(&long),
        [22_500_000_000, 15_000_000_000, 15_000_000_000, 15_000_000_000]
    );
    assert_table(
        &schedule(&long).unwrap(),
        &[
            (date!(2026 - 10 - 25), 477_724, 45_000, 522_724, 1_522_276),
            (date!(2026 - 11 - 25), 499_890, 22_834, 522_724, 1_022_386),
            (date!(2026 - 12 - 25), 507_388, 15_336, 522_724, 514_998),
            (date!(2027 - 01 - 25), 514_998, 7_725, 522_723, 0),
        ],
    );
    let short = Terms {
        first_due: Some(date!(2026 - 09 - 25)),
        ..long
    };
    assert_eq!(factors(&short)[0], 7_258_064_516);
    assert_table(
        &schedule(&short).unwrap(),
        &[
            (date!(2026 - 09 - 25), 500_416, 14_516, 514_932, 1_499_584),
            (date!(2026 - 10 - 25), 492_438, 22_494, 514_932, 1_007_146),
            (date!(2026 - 11 - 25), 499_825, 15_107, 514_932, 507_321),
            (date!(2026 - 12 - 25), 507_321, 7_610, 514_931, 0),
        ],
    );
    let given = Terms {
        first_due: Some(date!(2026 - 10 - 10)),
        ..short
    };
    assert_eq!(factors(&given)[0], 15_000_000_000);
}

#[test]
fn e8_equal_principal() {
    let plan = schedule(&Terms {
        multiple: Rupiah::new(1_000),
        ..terms(Method::EqualPrincipal, 2_000_000, "18", 7, START)
    })
    .unwrap();
    assert_eq!(
        instalments(&plan),
        [315_714, 311_428, 307_143, 302_857, 298_571, 294_285, 290_002]
    );
    assert_eq!(principals(&plan), equal(6, 285_714, 285_716));
    assert_eq!(interests(&plan), [30_000, 25_714, 21_429, 17_143, 12_857, 8_571, 4_286]);
    assert_eq!(plan.total_interest.get(), 120_000);
}

#[test]
fn a6_e9_zero_interest() {
    for method in [Method::Annuity, Method::Flat, Method::EqualPrincipal] {
        let zero = |principal, count| terms(method, principal, "0", count, START);
        assert_eq!(instalments(&schedule(&zero(1_000, 4)).unwrap()), [250; 4]);
        assert_eq!(
            instalments(&schedule(&zero(700_000, 6)).unwrap()),
            equal(5, 116_667, 116_665)
        );
    }
    let rounded = Terms {
        multiple: Rupiah::new(1_000),
        ..annuity(700_000, "0", 6, START)
    };
    assert_eq!(instalments(&schedule(&rounded).unwrap()), equal(5, 117_000, 115_000));
}

#[test]
fn e12_a_fixed_instalment_gives_the_number_of_lines() {
    let fixed = |amount| Terms {
        fixed_instalment: Some(Rupiah::new(amount)),
        ..annuity(2_000_000, "24", 0, START)
    };
    let plan = schedule(&fixed(450_000)).unwrap();
    assert_eq!(instalments(&plan), equal(4, 450_000, 316_344));
    assert_eq!(interests(&plan), [40_000, 31_800, 23_436, 14_905, 6_203]);
    assert_eq!(
        (plan.total_interest.get(), plan.ends_on),
        (116_344, date!(2027 - 02 - 05))
    );
    assert_eq!(schedule(&fixed(40_000)), Err(TermsError::InstalmentTooSmall));
    assert_eq!(schedule(&fixed(40_001)).unwrap().lines[0].principal.get(), 1);
}

#[test]
fn e22_a_tranche_on_a_due_date_opens_the_next_period() {
    let terms = Terms {
        tranches: vec![(date!(2026 - 11 - 10), Rupiah::new(1_000_000))],
        ..annuity(2_000_000, "18", 5, date!(2026 - 09 - 10))
    };
    assert_table(
        &schedule(&terms).unwrap(),
        &[
            (date!(2026 - 10 - 10), 388_179, 30_000, 418_179, 1_611_821),
            (date!(2026 - 11 - 10), 394_002, 24_177, 418_179, 1_217_819),
            (date!(2026 - 12 - 10), 728_294, 33_267, 761_561, 1_489_525),
            (date!(2027 - 01 - 10), 739_218, 22_343, 761_561, 750_307),
            (date!(2027 - 02 - 10), 750_307, 11_255, 761_562, 0),
        ],
    );
}

#[test]
fn e23_a_tranche_inside_a_period_cuts_its_interest() {
    let terms = Terms {
        tranches: vec![(date!(2026 - 10 - 25), Rupiah::new(1_000_000))],
        ..annuity(2_000_000, "18", 5, date!(2026 - 09 - 10))
    };
    assert_table(
        &schedule(&terms).unwrap(),
        &[
            (date!(2026 - 10 - 10), 388_179, 30_000, 418_179, 1_611_821),
            (date!(2026 - 11 - 10), 643_806, 31_920, 675_726, 1_968_015),
            (date!(2026 - 12 - 10), 646_206, 29_520, 675_726, 1_321_809),
            (date!(2027 - 01 - 10), 655_899, 19_827, 675_726, 665_910),
            (date!(2027 - 02 - 10), 665_910, 9_989, 675_899, 0),
        ],
    );
}

#[test]
fn tranches_are_refused_where_they_have_no_meaning() {
    let on = |method, day| Terms {
        tranches: vec![(day, Rupiah::new(1_000))],
        ..terms(method, 2_000_000, "18", 5, date!(2026 - 09 - 10))
    };
    let last = date!(2027 - 02 - 10);
    assert_eq!(
        schedule(&on(Method::Flat, date!(2026 - 10 - 10))),
        Err(TermsError::TrancheOnFlat)
    );
    assert_eq!(schedule(&on(Method::Annuity, last)), Err(TermsError::TrancheDate));
    assert_eq!(
        schedule(&on(Method::Annuity, date!(2026 - 09 - 09))),
        Err(TermsError::TrancheDate)
    );
    let day_before = last.previous_day().unwrap();
    assert_eq!(
        schedule(&on(Method::EqualPrincipal, day_before))
            .unwrap()
            .principal
            .get(),
        2_001_000
    );
    let two = Terms {
        tranches: vec![
            (date!(2026 - 12 - 01), Rupiah::new(500_000)),
            (date!(2026 - 11 - 10), Rupiah::new(500_000)),
        ],
        ..terms(Method::EqualPrincipal, 2_000_000, "18", 5, date!(2026 - 09 - 10))
    };
    let plan = schedule(&two).unwrap();
    assert_eq!(principals(&plan), [400_000, 400_000, 733_333, 733_333, 733_334]);
    // 1.200.000 + 500.000 for 21 days, another 500.000 for the last 9 of 30 days.
    assert_eq!(interests(&plan)[2], 17_850 + 9_900);
}

#[test]
fn a_holiday_moves_the_date_and_with_actual_days_the_interest() {
    let holidays = [date!(2026 - 12 - 25), date!(2027 - 01 - 01)];
    let base = Terms {
        holiday_rule: HolidayRule::NextBusinessDay,
        holidays: holidays.into_iter().collect(),
        ..annuity(2_000_000, "18", 3, date!(2026 - 10 - 25))
    };
    let plan = schedule(&base).unwrap();
    let moved = [date!(2026 - 11 - 25), date!(2026 - 12 - 28), date!(2027 - 01 - 25)];
    assert_eq!(dues(&plan), moved);
    let unmoved = schedule(&Terms {
        holiday_rule: HolidayRule::None,
        ..base.clone()
    })
    .unwrap();
    assert_eq!(instalments(&plan), instalments(&unmoved));
    assert_eq!(plan.tenor_days(), unmoved.tenor_days());
    let actual = Terms {
        day_count: DayCount::Act365,
        ..base
    };
    let days: Vec<_> = periods(&actual, 3)
        .unwrap()
        .iter()
        .map(|period| period.days())
        .collect();
    assert_eq!(days, [31, 33, 28]);
    let daily = Terms {
        every: Period::Days(1),
        count: 3,
        ..actual
    };
    let friday = Terms {
        start: date!(2026 - 11 - 26),
        ..daily
    };
    assert_eq!(schedule(&friday), Err(TermsError::HolidayMove));
}

#[test]
fn the_last_due_date_of_the_tenor_is_the_one_before_a_move() {
    let plan = schedule(&Terms {
        holiday_rule: HolidayRule::NextBusinessDay,
        holidays: [date!(2026 - 12 - 25)].into_iter().collect(),
        ..annuity(1_000_000, "18", 1, date!(2026 - 11 - 25))
    })
    .unwrap();
    assert_eq!(
        (plan.lines[0].due_on, plan.ends_on),
        (date!(2026 - 12 - 28), date!(2026 - 12 - 25))
    );
    assert_eq!(
        plan.tenor_days(),
        days_between(date!(2026 - 11 - 25), date!(2026 - 12 - 25))
    );
}

#[test]
fn a_policy_for_the_day_makes_an_odd_first_period() {
    let base = Terms {
        due_policy: DuePolicy::FirstOfNextMonth,
        ..annuity(1_000_000, "18", 2, LATER)
    };
    // 39 days to 1 January, nominally 31.
    assert_eq!(factors(&base), [18_870_967_742, 15_000_000_000]);
    let weekly = Terms {
        every: Period::Weeks(1),
        ..base
    };
    assert_eq!(schedule(&weekly), Err(TermsError::DuePolicy));
}

#[test]
fn a_first_period_whose_interest_is_above_the_instalment_is_refused() {
    let terms = Terms {
        first_due: Some(date!(2031 - 11 - 23)),
        ..annuity(1_000_000, "60", 60, LATER)
    };
    assert_eq!(schedule(&terms), Err(TermsError::NegativePrincipal));
}

#[test]
fn terms_outside_their_range_are_refused_by_name() {
    let good = annuity(1_000_000, "18", 6, START);
    for (terms, error) in [
        (
            Terms {
                principal: Rupiah::ZERO,
                ..good.clone()
            },
            TermsError::Principal,
        ),
        (
            Terms {
                principal: Rupiah::new(2_000_000_001),
                ..good.clone()
            },
            TermsError::Principal,
        ),
        (
            Terms {
                rate: Rate::yearly(-1),
                ..good.clone()
            },
            TermsError::Rate,
        ),
        (
            Terms {
                count: 0,
                ..good.clone()
            },
            TermsError::Count,
        ),
        (
            Terms {
                count: 1_201,
                ..good.clone()
            },
            TermsError::Count,
        ),
        (
            Terms {
                every: Period::Months(13),
                ..good.clone()
            },
            TermsError::Every,
        ),
        (
            Terms {
                multiple: Rupiah::ZERO,
                ..good.clone()
            },
            TermsError::Multiple,
        ),
        (
            Terms {
                first_due: Some(START),
                ..good.clone()
            },
            TermsError::FirstDue,
        ),
        (
            Terms {
                start: date!(9999 - 12 - 01),
                ..good.clone()
            },
            TermsError::DateRange,
        ),
        (
            Terms {
                count: 1_200,
                rate: Rate::monthly(1_000_000),
                ..good.clone()
            },
            TermsError::OutOfRange,
        ),
    ] {
        assert_eq!(schedule(&terms), Err(error));
    }
}
