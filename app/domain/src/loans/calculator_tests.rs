//! The calculator's JSON, its errors, and reference vectors through its flags.

use serde_json::{Value, json};

use super::*;

fn args(principal: &str, rate: &str, day_count: &str, count: &str, start: &str) -> QuoteArgs {
    QuoteArgs {
        principal: principal.to_owned(),
        rate: rate.to_owned(),
        method: "annuity".to_owned(),
        day_count: day_count.to_owned(),
        every: "1m".to_owned(),
        count: count.to_owned(),
        start: start.to_owned(),
        ..QuoteArgs::default()
    }
}

fn e1() -> QuoteArgs {
    args("3000000", "30", "30/360", "6", "2026-09-05")
}

fn json_of(args: &QuoteArgs) -> Value {
    serde_json::to_value(quote(args).unwrap()).unwrap()
}

fn column(answer: &Value, key: &str) -> Vec<i64> {
    answer["instalments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line[key].as_i64().unwrap())
        .collect()
}

#[test]
fn the_json_has_exactly_the_keys_of_the_contract() {
    let answer = json_of(&args("10000", "7", "30/360", "2", "2024-01-01"));
    assert_eq!(
        answer,
        json!({
            "instalments": [
                {"number": 1, "due_on": "2024-02-01", "principal": 4986, "interest": 58, "total": 5044, "balance": 5014, "paid": 0},
                {"number": 2, "due_on": "2024-03-01", "principal": 5014, "interest": 29, "total": 5043, "balance": 0, "paid": 0},
            ],
            "total_principal": 10000,
            "total_interest": 87,
            "total": 10087,
            "daily_cost_ppm": 145,
            "payoff": null,
        })
    );
}

#[test]
fn e1_through_the_flags() {
    let answer = json_of(&e1());
    assert_eq!(
        column(&answer, "total"),
        [544_650, 544_650, 544_650, 544_650, 544_650, 544_649]
    );
    assert_eq!(
        (&answer["total_interest"], &answer["total"]),
        (&json!(267_899), &json!(3_267_899))
    );
    assert_eq!(answer["daily_cost_ppm"], json!(493));
    let thousands = QuoteArgs {
        multiple: Some("1000".to_owned()),
        ..e1()
    };
    assert_eq!(column(&json_of(&thousands), "total")[5], 542_763);
    let tranche = QuoteArgs {
        disburse: vec!["2026-10-25:1000000".to_owned()],
        ..args("2000000", "18", "30/360", "5", "2026-09-10")
    };
    let answer = json_of(&tranche);
    assert_eq!(column(&answer, "interest"), [30_000, 31_920, 29_520, 19_827, 9_989]);
    assert_eq!(
        column(&answer, "balance"),
        [1_611_821, 1_968_015, 1_321_809, 665_910, 0]
    );
    assert_eq!(answer["total_principal"], json!(3_000_000));
}

#[test]
fn a10_a11_e40_payoff_on_a_day() {
    let payoff = |base: QuoteArgs, pay: &[&str], on: &str, mode: Option<&str>| {
        json_of(&QuoteArgs {
            pay: pay.iter().map(|text| (*text).to_owned()).collect(),
            payoff: Some(on.to_owned()),
            payoff_mode: mode.map(str::to_owned),
            ..base
        })["payoff"]
            .clone()
    };
    let a10 = payoff(
        args("10000", "7", "30/360", "6", "2024-01-01"),
        &["2024-02-01:1701"],
        "2024-02-15",
        None,
    );
    assert_eq!(
        a10,
        json!({"date": "2024-02-15", "principal": 8_357, "interest": 24, "fees": 0, "total": 8_381})
    );
    let a8 = args("3000000", "24", "act/365", "6", "2026-11-23");
    let a11 = payoff(a8, &["2026-12-23:535368"], "2027-01-08", None);
    assert_eq!((&a11["interest"], &a11["total"]), (&json!(26_552), &json!(2_550_362)));
    let two = ["2026-10-05:544650", "2026-11-05:544650"];
    assert_eq!(payoff(e1(), &two, "2026-11-24", None)["total"], json!(2_081_401));
    assert_eq!(
        payoff(e1(), &two, "2026-11-24", Some("to-period-end"))["total"],
        json!(2_100_183)
    );
    assert_eq!(payoff(e1(), &[], "2026-09-05", None)["total"], json!(3_000_000));
}

#[test]
fn e38_and_e41_payments_with_and_without_a_prepayment_mode() {
    let paid = |mode: Option<&str>, third: &str| {
        let pays = ["2026-11-05:544650", "2026-10-05:544650", third]
            .map(str::to_owned)
            .to_vec();
        json_of(&QuoteArgs {
            pay: pays,
            prepay_mode: mode.map(str::to_owned),
            ..e1()
        })
    };
    let ahead = paid(None, "2026-12-01:600000");
    assert_eq!(column(&ahead, "paid"), [544_650, 544_650, 544_650, 55_350, 0, 0]);
    assert_eq!(ahead["total_interest"], json!(267_899));
    let before = 75_000 + 63_259 + 51_224;
    for (mode, interest, totals) in [
        ("term", 14_507, vec![544_650, 25_390]),
        ("instalment", 28_005, vec![194_513, 194_513, 194_512]),
        ("next", 40_126, vec![13_888, 75_412, 506_359]),
    ] {
        let answer = paid(Some(mode), "2026-12-05:1544650");
        assert_eq!(column(&answer, "total")[3..], totals, "{mode}");
        assert_eq!(answer["total_interest"], json!(before + interest), "{mode}");
        assert_eq!(answer["total_principal"], json!(3_000_000), "{mode}");
        assert_eq!(
            column(&answer, "balance")[..3],
            [2_530_350, 2_048_959, 1_555_533],
            "{mode}"
        );
        assert_eq!(column(&answer, "paid")[..3], [544_650; 3], "{mode}");
    }
}

#[test]
fn a_bad_flag_is_named_with_its_rule() {
    let some = |text: &str| Some(text.to_owned());
    let text = str::to_owned;
    for (args, flag) in [
        (
            QuoteArgs {
                principal: text("3,5"),
                ..e1()
            },
            "--principal",
        ),
        (
            QuoteArgs {
                principal: text("0"),
                ..e1()
            },
            "--principal",
        ),
        (
            QuoteArgs {
                rate: text("abc"),
                ..e1()
            },
            "--rate",
        ),
        (
            QuoteArgs {
                rate: text("1.23456"),
                ..e1()
            },
            "--rate",
        ),
        (
            QuoteArgs {
                rate: text("-3"),
                ..e1()
            },
            "--rate",
        ),
        (
            QuoteArgs {
                method: text("Flat"),
                ..e1()
            },
            "--method",
        ),
        (
            QuoteArgs {
                day_count: text("30/365"),
                ..e1()
            },
            "--day-count",
        ),
        (
            QuoteArgs {
                every: text("0m"),
                ..e1()
            },
            "--every",
        ),
        (
            QuoteArgs {
                every: text("1y"),
                ..e1()
            },
            "--every",
        ),
        (
            QuoteArgs {
                count: text("0"),
                ..e1()
            },
            "--count",
        ),
        (
            QuoteArgs {
                count: text("1.5"),
                ..e1()
            },
            "--count",
        ),
        (
            QuoteArgs {
                start: text("2026-02-30"),
                ..e1()
            },
            "--start",
        ),
        (
            QuoteArgs {
                first_due: some("2026-09-05"),
                ..e1()
            },
            "--first-due",
        ),
        (
            QuoteArgs {
                multiple: some("0"),
                ..e1()
            },
            "--multiple",
        ),
        (
            QuoteArgs {
                multiple: some("1000000"),
                ..e1()
            },
            "--multiple",
        ),
        (
            QuoteArgs {
                month_end: some("last"),
                ..e1()
            },
            "--month-end",
        ),
        (
            QuoteArgs {
                disburse: vec![text("2026-10-05")],
                ..e1()
            },
            "--disburse",
        ),
        (
            QuoteArgs {
                disburse: vec![text("2027-03-05:1")],
                ..e1()
            },
            "--disburse",
        ),
        (
            QuoteArgs {
                pay: vec![text("2026-09-04:1000")],
                ..e1()
            },
            "--pay",
        ),
        (
            QuoteArgs {
                pay: vec![text("2026-10-05:0")],
                ..e1()
            },
            "--pay",
        ),
        (
            QuoteArgs {
                pay: vec![text("2026-10-05:1")],
                prepay_mode: some("all"),
                ..e1()
            },
            "--prepay-mode",
        ),
        (
            QuoteArgs {
                payoff: some("2026-09-04"),
                ..e1()
            },
            "--payoff",
        ),
        (
            QuoteArgs {
                payoff: some("2026-10-04"),
                payoff_mode: some("now"),
                ..e1()
            },
            "--payoff-mode",
        ),
        (
            QuoteArgs {
                payoff_mode: some("to-date"),
                ..e1()
            },
            "--payoff-mode",
        ),
    ] {
        let error = quote(&args).unwrap_err();
        assert_eq!(error.flag, flag, "{error}");
        let line = error.to_string();
        assert!(
            line.starts_with(&format!("{flag}: ")) && !line.contains('\n') && line.len() > flag.len() + 10,
            "{line}"
        );
    }
}
