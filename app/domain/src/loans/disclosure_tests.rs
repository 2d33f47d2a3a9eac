//! Vectors A14 and E26, and the canonical text.

use time::macros::date;

use super::*;
use crate::calendar::Period;
use crate::loans::cap::{TenorClass, first_table, select};
use crate::loans::product::{AmountRange, Fee, FeeAmount};
use crate::loans::schedule::{Terms, schedule};
use crate::rate::Rate;

fn disclose(product: &Product, principal: i64, tenor: u32, start: Date) -> Disclosure {
    let plan = schedule(&Terms::of(product, Rupiah::new(principal), tenor, start)).unwrap();
    let cap = select(&first_table(), start, product.purpose_type, TenorClass::LessThan6Months).unwrap();
    Disclosure::of(product, &plan, &cap, "BCA •••• 4821").unwrap()
}

fn admin(amount: i64) -> Vec<Fee> {
    let amount = FeeAmount::Fixed(Rupiah::new(amount));
    vec![Fee {
        what: "Biaya admin".to_owned(),
        amount,
        when: FeeWhen::UpFront,
        deducted: true,
    }]
}

#[test]
fn a14_a_deducted_fee_is_benefit_and_less_cash() {
    let product = Product {
        rate: Rate::daily(2_000),
        every: Period::Days(30),
        tenors: vec![1],
        fees: admin(20_000),
        ..Product::sanggup_tunai()
    };
    let shown = disclose(&product, 1_000_000, 1, date!(2026 - 11 - 23));
    assert_eq!(
        (shown.net_cash.get(), shown.total_paid.get(), shown.benefit.get()),
        (980_000, 1_060_000, 80_000)
    );
    assert_eq!(shown.simple_annual_in_words(), "99,32%");
    assert_eq!(shown.effective_annual, EffectiveCost::Ppm(1_597_990));
    assert_eq!(shown.effective_annual.words(), "159,8%");
    assert!(!shown.cap.pass);
    assert_eq!(shown.fees[0].amount.get(), 20_000);
}

#[test]
fn e26_the_catalogue_loan() {
    let product = Product::sanggup_tunai();
    let shown = disclose(&product, 3_000_000, 6, date!(2026 - 09 - 05));
    assert_eq!(shown.simple_annual, 3_004);
    assert_eq!(shown.effective_annual, EffectiveCost::Ppm(345_348));
    assert_eq!(shown.effective_annual.words(), "34,5%");
    assert_eq!(shown.instalments_in_words(), "5 × Rp544.650, lalu Rp544.649");
    assert_eq!(
        (shown.total_interest.get(), shown.total_paid.get()),
        (267_899, 3_267_899)
    );
    assert_eq!((shown.late_fee_first.get(), shown.total_cap.get()), (469, 3_000_000));
    assert_eq!(shown.early_payoff_saves.get(), 192_899);
    assert_eq!(shown.cap.words(), "0,049% per hari, batas 0,1%");
    let later = disclose(&product, 3_000_000, 6, date!(2026 - 11 - 23));
    assert_eq!(
        (later.simple_annual, later.effective_annual),
        (3_018, EffectiveCost::Ppm(347_203))
    );
}

#[test]
fn e26_balance_days_of_the_catalogue_loan() {
    let product = Product::sanggup_tunai();
    let terms = Terms::of(&product, Rupiah::new(3_000_000), 6, date!(2026 - 09 - 05));
    let plan = schedule(&terms).unwrap();
    let (mut from, mut balance, mut sum) = (plan.start, plan.principal.get(), 0);
    for line in &plan.lines {
        sum += balance * days_between(from, line.due_on);
        (from, balance) = (line.due_on, line.balance.get());
    }
    assert_eq!(sum, 325_552_264);
}

#[test]
fn e26_an_admin_fee_on_three_months() {
    let range = AmountRange {
        min: Rupiah::new(1),
        max: Rupiah::MAX_INPUT,
        step: Rupiah::new(1),
    };
    let product = Product {
        rate: Rate::monthly(20_000),
        fees: admin(40_000),
        amount: range,
        ..Product::sanggup_tunai()
    };
    let shown = disclose(&product, 2_000_000, 3, date!(2026 - 11 - 23));
    let amounts: Vec<_> = shown.instalments.iter().map(|line| line.amount.get()).collect();
    assert_eq!(amounts, [693_509, 693_509, 693_510]);
    assert_eq!(
        (shown.total_interest.get(), shown.benefit.get(), shown.cap.ppm),
        (80_528, 120_528, 655)
    );
    assert_eq!(
        (shown.simple_annual, shown.effective_annual),
        (3_655, EffectiveCost::Ppm(431_809))
    );
    assert_eq!(shown.effective_annual.words(), "43,2%");
}

#[test]
fn the_ends_of_the_effective_cost() {
    let free = Product {
        rate: Rate::monthly(0),
        ..Product::sanggup_tunai()
    };
    let shown = disclose(&free, 3_000_000, 6, date!(2026 - 09 - 05));
    assert_eq!(
        (shown.simple_annual, shown.effective_annual),
        (0, EffectiveCost::Ppm(0))
    );
    let dear = Product {
        rate: Rate::daily(30_000),
        ..Product::sanggup_tunai()
    };
    let shown = disclose(&dear, 3_000_000, 6, date!(2026 - 09 - 05));
    assert_eq!(shown.effective_annual.words(), "lebih dari 100.000%");
}

#[test]
fn the_canonical_text_is_fixed_and_changes_with_any_figure() {
    let product = Product::sanggup_tunai();
    let shown = disclose(&product, 3_000_000, 3, date!(2026 - 09 - 05));
    let text = shown.canonical();
    assert_eq!(
        text,
        "form=sanggup-disclosure-1\nproduct=sanggup-tunai v1\nstart=2026-09-05\nprincipal=3000000\n\
         net_cash=3000000\ninstalment=1 2026-10-05 1050412\ninstalment=2 2026-11-05 1050412\n\
         instalment=3 2026-12-05 1050411\ntotal_interest=151235\nbenefit=151235\ntotal_paid=3151235\n\
         cap=C10 1000\ndays=91\ndaily_cost_ppm=554\nsimple_annual=3008\neffective_annual_ppm=346004\n\
         late_fee_first=975\ntotal_cap=3000000\nearly_payoff_saves=76235\nrecipient=BCA •••• 4821\n"
    );
    assert_eq!(
        text,
        disclose(&product, 3_000_000, 3, date!(2026 - 09 - 05)).canonical()
    );
    let other_day = disclose(&product, 3_000_000, 3, date!(2026 - 09 - 06)).canonical();
    let other_account = Disclosure {
        recipient: "BCA\ncap=C1 3000".to_owned(),
        ..shown
    }
    .canonical();
    assert_ne!(text, other_day);
    assert!(other_account.ends_with("recipient=BCA\\ncap=C1 3000\n"));
}

#[test]
fn a_disclosure_survives_the_wire() {
    let shown = disclose(&Product::sanggup_tunai(), 3_000_000, 6, date!(2026 - 09 - 05));
    let json = serde_json::to_string(&shown).unwrap();
    assert!(json.contains("\"due_on\":\"2026-10-05\""), "{json}");
    assert_eq!(serde_json::from_str::<Disclosure>(&json).unwrap(), shown);
}
