//! Vectors E31 to E36, every gate, the order of outcomes.

use proptest::prelude::*;
use time::macros::date;

use super::*;
use crate::calendar::Period;
use crate::loans::cap::first_table;
use crate::loans::counter_offer::CounterOfferKind::{self, LargestAmount, LongestTenor, ShortestTenor};
use crate::loans::limit::{EndedLoan, LadderStep};
use crate::rate::Rate;

const TODAY: Date = date!(2026 - 11 - 23);

/// A borrower against whom nothing speaks, at level 0 (limit Rp4.000.000).
fn snapshot(income: i64, existing: i64, amount: i64, tenor: u32) -> Snapshot {
    Snapshot {
        today: TODAY,
        amount: Rupiah::new(amount),
        tenor,
        identity: IdentityFacts {
            verified: true,
            birth_date: date!(1987 - 11 - 12),
            mismatch: false,
            duplicate: false,
            checks: None,
        },
        income_stated: Rupiah::new(income),
        income_evidenced: Some(Rupiah::new(income)),
        obligations_stated: Rupiah::new(existing),
        obligations_here: Rupiah::ZERO,
        bureau: None,
        online_lenders_stated: Some(0),
        ladder: Vec::new(),
        outstanding_here: Rupiah::ZERO,
        reserved_here: Rupiah::ZERO,
        overdue_here: false,
        unrecovered_loss_here: false,
        other_application_open: false,
    }
}

fn good() -> Snapshot {
    snapshot(4_500_000, 350_000, 3_000_000, 6)
}

fn report() -> BureauReport {
    BureauReport {
        obligations: Rupiah::ZERO,
        online_lenders: 0,
        worst_quality: None,
        consumptive_debt: Rupiah::ZERO,
    }
}

fn run(snapshot: &Snapshot) -> Decision {
    decide(snapshot, &Policy::first(), &Product::sanggup_tunai(), &first_table()).unwrap()
}

/// What the tables say of a counter-offer: how, amount, tenor, burden.
fn offers(decision: &Decision) -> Vec<(CounterOfferKind, i64, u32, i64)> {
    decision
        .counter_offers
        .iter()
        .map(|offer| (offer.kind, offer.amount.get(), offer.tenor, offer.burden.get()))
        .collect()
}

#[test]
fn a_request_that_fits_is_approved() {
    let decision = run(&good());
    assert_eq!(decision.outcome, Outcome::Approve);
    assert_eq!((decision.reasons.len(), decision.counter_offers.len()), (0, 0));
    assert_eq!((decision.burden.get(), decision.share_percent), (544_650, Some(20)));
    assert_eq!(
        (
            decision.room.get(),
            decision.limit.get(),
            decision.limit_available.get()
        ),
        (1_000_000, 4_000_000, 4_000_000)
    );
    assert_eq!(
        (decision.cap.ppm, decision.cap.pass, decision.total_interest.get()),
        (493, true, 267_899)
    );
}

#[test]
fn e31_to_e36_counter_offers() {
    type Offer = (CounterOfferKind, i64, u32, i64);
    let cases: [(i64, i64, i64, u32, Vec<Offer>); 6] = [
        (
            4_500_000,
            350_000,
            4_000_000,
            3,
            vec![
                (LargestAmount, 2_800_000, 3, 980_384),
                (ShortestTenor, 4_000_000, 6, 726_200),
            ],
        ),
        (
            3_000_000,
            400_000,
            4_000_000,
            6,
            vec![
                (LargestAmount, 2_700_000, 6, 490_186),
                (ShortestTenor, 4_000_000, 12, 389_954),
            ],
        ),
        (
            10_000_000,
            0,
            6_000_000,
            6,
            vec![(LargestAmount, 4_000_000, 6, 726_200)],
        ),
        (
            3_000_000,
            800_000,
            1_000_000,
            3,
            vec![(ShortestTenor, 1_000_000, 12, 97_490)],
        ),
        (
            3_000_000,
            850_000,
            2_000_000,
            3,
            vec![(LongestTenor, 500_000, 12, 48_749)],
        ),
        (3_000_000, 880_000, 1_000_000, 3, vec![]),
    ];
    for (income, existing, amount, tenor, expected) in cases {
        let decision = run(&snapshot(income, existing, amount, tenor));
        assert_eq!(decision.outcome, Outcome::Decline);
        assert_eq!(offers(&decision), expected, "{income} {existing} {amount} {tenor}");
    }
}

#[test]
fn a_counter_offer_tells_its_extra_interest_and_its_last_day() {
    let decision = run(&snapshot(4_500_000, 350_000, 4_000_000, 3));
    assert_eq!((decision.burden.get(), decision.share_percent), (1_400_549, Some(39)));
    assert_eq!(decision.codes(), [ReasonCode::Affordability]);
    assert_eq!(decision.reasons[0].words, "Cicilan ini melewati batas 30% penghasilan.");
    assert_eq!(share_in_words(&decision).as_deref(), Some("39% penghasilan"));
    let asked = decision.total_interest.get();
    for offer in &decision.counter_offers {
        assert_eq!(offer.extra_interest.get(), offer.schedule.total_interest.get() - asked);
        assert_eq!(offer.valid_until, date!(2026 - 11 - 30));
        assert!(offer.cap.pass);
    }
    assert!(decision.counter_offers[0].extra_interest.is_negative());
    assert!(decision.counter_offers[1].extra_interest.is_positive());
    assert_eq!(
        decision.counter_offers[0].words(Period::Months(1)),
        "Rp2.800.000 / 3 bulan"
    );
}

#[test]
fn each_gate_has_its_code_effect_and_words() {
    use ReasonCode::*;
    let base = good();
    let identity = base.identity.clone();
    let elsewhere = |quality| {
        Some(BureauReport {
            worst_quality: Some(quality),
            ..report()
        })
    };
    let ended = |worst_dpd| {
        let (disbursed_on, ended_on) = (date!(2026 - 01 - 05), date!(2026 - 08 - 05));
        vec![LadderStep::Ended(EndedLoan {
            disbursed_on,
            ended_on,
            worst_dpd,
            written_off: false,
            helped: false,
        })]
    };
    let lenders = |count| {
        Some(BureauReport {
            online_lenders: count,
            ..report()
        })
    };
    let debt = |rupiah| {
        Some(BureauReport {
            consumptive_debt: Rupiah::new(rupiah),
            ..report()
        })
    };
    let cases = [
        (
            Snapshot {
                identity: IdentityFacts {
                    birth_date: date!(2008 - 11 - 24),
                    ..identity.clone()
                },
                ..base.clone()
            },
            Age,
            Outcome::Decline,
            "Sanggup hanya untuk usia 18 tahun ke atas.",
        ),
        (
            Snapshot {
                bureau: lenders(3),
                ..base.clone()
            },
            Platforms,
            Outcome::Decline,
            "Sudah ada 3 pinjaman daring berjalan.",
        ),
        (
            Snapshot {
                online_lenders_stated: Some(4),
                ..base.clone()
            },
            Platforms,
            Outcome::Decline,
            "Sudah ada 4 pinjaman daring berjalan.",
        ),
        (
            Snapshot {
                bureau: elsewhere(ReportedQuality::Loss),
                ..base.clone()
            },
            ArrearsElsewhere,
            Outcome::Decline,
            "Ada tunggakan di pinjaman lain.",
        ),
        (
            Snapshot {
                bureau: elsewhere(ReportedQuality::Substandard),
                ..base.clone()
            },
            ArrearsElsewhere,
            Outcome::Refer,
            "Ada tunggakan di pinjaman lain.",
        ),
        (
            Snapshot {
                bureau: elsewhere(ReportedQuality::Doubtful),
                ..base.clone()
            },
            ArrearsElsewhere,
            Outcome::Refer,
            "Ada tunggakan di pinjaman lain.",
        ),
        (
            Snapshot {
                overdue_here: true,
                ..base.clone()
            },
            ArrearsHere,
            Outcome::Decline,
            "Ada tagihan yang belum dibayar di Sanggup.",
        ),
        (
            Snapshot {
                unrecovered_loss_here: true,
                ..base.clone()
            },
            ArrearsHere,
            Outcome::Decline,
            "Ada tagihan yang belum dibayar di Sanggup.",
        ),
        (
            Snapshot {
                bureau: debt(1_997_000_001),
                ..base.clone()
            },
            Ceiling,
            Outcome::Decline,
            "Total pinjaman melewati batas.",
        ),
        (
            Snapshot {
                identity: IdentityFacts {
                    mismatch: true,
                    ..identity.clone()
                },
                ..base.clone()
            },
            IdentityMismatch,
            Outcome::Refer,
            "Data KTP belum cocok dengan Dukcapil.",
        ),
        (
            Snapshot {
                identity: IdentityFacts {
                    duplicate: true,
                    ..identity.clone()
                },
                ..base.clone()
            },
            DuplicateIdentity,
            Outcome::Refer,
            "Data Anda perlu diperiksa petugas.",
        ),
        (
            Snapshot {
                income_evidenced: None,
                ..base.clone()
            },
            IncomeEvidence,
            Outcome::Refer,
            "Bukti penghasilan belum ada.",
        ),
        (
            Snapshot {
                ladder: ended(91),
                ..base.clone()
            },
            Limit,
            Outcome::Decline,
            "Melewati limit Anda.",
        ),
    ];
    for (snapshot, code, outcome, words) in cases {
        let decision = run(&snapshot);
        assert_eq!((decision.outcome, decision.codes()), (outcome, vec![code]));
        assert_eq!(decision.reasons[0].words, words);
    }
    for still_fits in [
        Snapshot {
            bureau: lenders(2),
            ..base.clone()
        },
        Snapshot {
            bureau: debt(1_997_000_000),
            ..base.clone()
        },
        Snapshot {
            bureau: elsewhere(ReportedQuality::SpecialMention),
            ..base.clone()
        },
        Snapshot {
            identity: IdentityFacts {
                birth_date: date!(2008 - 11 - 23),
                ..identity
            },
            ..base.clone()
        },
    ] {
        assert_eq!(run(&still_fits).outcome, Outcome::Approve);
    }
}

#[test]
fn the_minimum_income_applies_from_its_date() {
    let poor = snapshot(2_999_999, 0, 500_000, 12);
    assert_eq!(run(&poor).outcome, Outcome::Approve);
    let next_year = Snapshot {
        today: date!(2027 - 01 - 01),
        ..poor
    };
    assert_eq!(run(&next_year).codes(), [ReasonCode::IncomeMinimum]);
    let enough = Snapshot {
        today: date!(2027 - 01 - 01),
        ..snapshot(3_000_000, 0, 500_000, 12)
    };
    assert_eq!(run(&enough).outcome, Outcome::Approve);
}

#[test]
fn income_is_the_lower_and_obligations_the_higher_of_two_figures() {
    let lower = Snapshot {
        income_evidenced: Some(Rupiah::new(2_000_000)),
        ..good()
    };
    assert_eq!(run(&lower).gauge.income.get(), 2_000_000);
    let higher = Snapshot {
        income_evidenced: Some(Rupiah::new(9_000_000)),
        ..good()
    };
    assert_eq!(run(&higher).gauge.income.get(), 4_500_000);
    let reported = BureauReport {
        obligations: Rupiah::new(400_000),
        ..report()
    };
    let both = Snapshot {
        bureau: Some(reported),
        obligations_here: Rupiah::new(100_000),
        ..good()
    };
    assert_eq!(run(&both).gauge.existing.get(), 500_000);
    let stated = BureauReport {
        obligations: Rupiah::new(300_000),
        ..report()
    };
    assert_eq!(
        run(&Snapshot {
            bureau: Some(stated),
            ..good()
        })
        .gauge
        .existing
        .get(),
        350_000
    );
}

#[test]
fn a_silent_bureau_refers_only_where_the_policy_requires_it() {
    let policy = Policy {
        bureau_required: true,
        ..Policy::first()
    };
    let product = Product::sanggup_tunai();
    let decision = decide(&good(), &policy, &product, &first_table()).unwrap();
    assert_eq!(
        (decision.outcome, decision.codes()),
        (Outcome::Refer, vec![ReasonCode::BureauUnavailable])
    );
    let answered = Snapshot {
        bureau: Some(report()),
        ..good()
    };
    assert_eq!(
        decide(&answered, &policy, &product, &first_table()).unwrap().outcome,
        Outcome::Approve
    );
}

#[test]
fn decline_beats_fixable_beats_refer_and_all_reasons_stay() {
    let all = Snapshot {
        overdue_here: true,
        income_evidenced: None,
        online_lenders_stated: Some(3),
        identity: IdentityFacts {
            mismatch: true,
            ..good().identity
        },
        ..snapshot(1_000_000, 0, 4_100_000, 3)
    };
    let decision = run(&all);
    assert_eq!(decision.outcome, Outcome::Decline);
    assert_eq!(
        decision.codes(),
        [
            ReasonCode::Platforms,
            ReasonCode::ArrearsHere,
            ReasonCode::Limit,
            ReasonCode::Affordability,
            ReasonCode::IdentityMismatch,
            ReasonCode::IncomeEvidence,
        ]
    );
    assert!(decision.counter_offers.is_empty());
    assert_eq!(decision.shown_reasons().len(), 3);
    let fixable = Snapshot {
        income_evidenced: None,
        ..snapshot(4_500_000, 350_000, 4_000_000, 3)
    };
    let decision = run(&fixable);
    assert_eq!(decision.outcome, Outcome::Decline);
    assert_eq!(
        decision.codes(),
        [ReasonCode::Affordability, ReasonCode::IncomeEvidence]
    );
    assert_eq!(decision.counter_offers.len(), 2);
}

#[test]
fn terms_above_the_cap_are_fixable_by_nothing_else_in_the_product() {
    let dear = Product {
        rate: Rate::monthly(90_000),
        ..Product::sanggup_tunai()
    };
    let rich = snapshot(90_000_000, 0, 1_000_000, 3);
    let decision = decide(&rich, &Policy::first(), &dear, &first_table()).unwrap();
    assert_eq!(
        (decision.outcome, decision.codes()),
        (Outcome::Decline, vec![ReasonCode::Cap])
    );
    assert!(decision.counter_offers.is_empty());
}

#[test]
fn some_requests_are_not_decided_at_all() {
    let code = |snapshot: &Snapshot| {
        decide(snapshot, &Policy::first(), &Product::sanggup_tunai(), &first_table())
            .unwrap_err()
            .code()
            .to_owned()
    };
    let identity = IdentityFacts {
        verified: false,
        ..good().identity
    };
    assert_eq!(code(&Snapshot { identity, ..good() }), "kyc_incomplete");
    assert_eq!(
        code(&Snapshot {
            other_application_open: true,
            ..good()
        }),
        "active_application"
    );
    assert_eq!(code(&snapshot(4_500_000, 0, 450_000, 6)), "amount_below_min");
    assert_eq!(code(&snapshot(4_500_000, 0, 20_100_000, 6)), "amount_above_max");
    assert_eq!(code(&snapshot(4_500_000, 0, 550_000, 6)), "amount_not_on_step");
    assert_eq!(code(&snapshot(4_500_000, 0, 500_000, 5)), "tenor_not_offered");
    let unshared = Policy {
        shares: Vec::new(),
        ..Policy::first()
    };
    let product = Product::sanggup_tunai();
    assert_eq!(
        decide(&good(), &unshared, &product, &first_table()),
        Err(DecideError::NoShare)
    );
    assert_eq!(
        decide(&good(), &Policy::first(), &product, &[]),
        Err(DecideError::NoCap(NoCap))
    );
}

#[test]
fn a_second_officer_is_needed_above_three_and_a_half_million() {
    let policy = Policy::first();
    assert!(!needs_second_officer(&policy, Rupiah::new(3_500_000)));
    assert!(needs_second_officer(&policy, Rupiah::new(3_500_001)));
}

#[test]
fn snapshot_and_decision_survive_the_wire() {
    let asked = snapshot(4_500_000, 350_000, 4_000_000, 3);
    let json = serde_json::to_string(&asked).unwrap();
    let read: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(read, asked);
    let decision = run(&read);
    let json = serde_json::to_string(&decision).unwrap();
    assert!(json.contains("\"outcome\":\"decline\"") && json.contains("\"code\":\"affordability\""));
    assert_eq!(serde_json::from_str::<Decision>(&json).unwrap(), decision);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_snapshot_gives_the_same_decision_and_its_counter_offers_fit(
        income in 0_i64..30_000_000,
        existing in 0_i64..5_000_000,
        step in 0_i64..196,
        tenor in prop::sample::select(vec![3_u32, 6, 9, 12]),
        level in 0_u32..8,
        outstanding in 0_i64..10_000_000,
        evidence in any::<bool>(),
    ) {
        let asked = Snapshot {
            ladder: vec![LadderStep::SetByPerson(level)],
            outstanding_here: Rupiah::new(outstanding),
            income_evidenced: evidence.then_some(Rupiah::new(income)),
            ..snapshot(income, existing, 500_000 + step * 100_000, tenor)
        };
        let decision = run(&asked);
        prop_assert_eq!(&decision, &run(&asked));
        prop_assert_eq!(decision.outcome == Outcome::Approve, decision.reasons.is_empty());
        for offer in &decision.counter_offers {
            let again = run(&Snapshot { amount: offer.amount, tenor: offer.tenor, ..asked.clone() });
            prop_assert!(again.outcome != Outcome::Decline);
            prop_assert!(again.gauge.fits(offer.burden) && offer.amount <= again.limit_available);
        }
    }
}

#[test]
fn what_nobody_was_asked_about_is_said_and_decides_nothing() {
    let checks = IdentityChecks {
        birth_date: Comparison::Fits,
        province: Comparison::Fits,
        register: Comparison::NotAsked,
        face: Comparison::NotAsked,
        nik_and_phone: Comparison::Fits,
        bank_account: Comparison::Fits,
        device: Comparison::NotAsked,
    };
    assert!(!checks.mismatch() && !checks.duplicate());
    let asked = Snapshot {
        identity: IdentityFacts {
            checks: Some(checks),
            ..good().identity
        },
        online_lenders_stated: None,
        ..good()
    };
    let decision = run(&asked);
    assert_eq!(decision.outcome, Outcome::Approve);
    assert_eq!(decision.not_asked, NotAsked::ALL);
    let words = decision.not_asked_in_words().expect("words");
    assert!(
        words.starts_with("data Dukcapil, ") && words.ends_with("jumlah pinjaman daring lain"),
        "{words}"
    );
    let bureau = run(&Snapshot {
        bureau: Some(report()),
        ..asked
    });
    assert_eq!(bureau.not_asked, [NotAsked::Register, NotAsked::Face, NotAsked::Device]);
    let differs = |change: fn(&mut IdentityChecks)| {
        let mut changed = checks;
        change(&mut changed);
        (changed.mismatch(), changed.duplicate())
    };
    assert_eq!(differs(|checks| checks.province = Comparison::Differs), (true, false));
    assert_eq!(
        differs(|checks| checks.bank_account = Comparison::Differs),
        (false, true)
    );
}

#[test]
fn a_snapshot_from_before_comparisons_were_noted_gives_the_same_bytes() {
    let stored = concat!(
        r#"{"today":"2026-11-23","amount":3000000,"tenor":6,"identity":{"verified":true,"birth_date":"1987-11-12","#,
        r#""mismatch":false,"duplicate":false},"income_stated":4500000,"income_evidenced":4500000,"#,
        r#""obligations_stated":350000,"obligations_here":0,"bureau":null,"online_lenders_stated":0,"ladder":[],"#,
        r#""outstanding_here":0,"reserved_here":0,"overdue_here":false,"unrecovered_loss_here":false,"#,
        r#""other_application_open":false}"#,
    );
    let old: Snapshot = serde_json::from_str(stored).unwrap();
    assert_eq!(serde_json::to_string(&old).unwrap(), stored, "its hash stays");
    assert_eq!(old, good());
    let decision = serde_json::to_string(&run(&old)).unwrap();
    assert!(!decision.contains("not_asked"), "{decision}");
    assert_eq!(serde_json::from_str::<Decision>(&decision).unwrap(), run(&old));
}
