//! What can happen, and random histories of it. The same seed is the same history on every machine.

use super::super::{Dice, Method, Mode, PaymentPurpose};

/// One thing that happens. Numbers choose among what there is then, so that every part of a history is a history.
#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    /// A new loan is approved: its account is opened.
    Open,
    /// A borrower asks for a code; with `again` in two tabs at once. One of few keys, so that keys come back.
    Pay {
        loan: usize,
        purpose: PaymentPurpose,
        amount: i64,
        method: Method,
        key: i64,
        again: bool,
    },
    /// "I have paid."
    Claim { order: usize },
    /// At the gateway: the payer pays what was asked for.
    Settle { order: usize },
    /// The payer pays something else.
    SettleWrong { order: usize, amount: i64 },
    /// The code runs out.
    Expire { order: usize },
    /// It runs out, and the money comes after all.
    SettleLate { order: usize },
    /// The bank refuses the payer.
    Deny { order: usize },
    /// The bank takes a payment back.
    TakeBack { order: usize },
    /// The payout arrives.
    Succeed { payout: usize },
    /// It fails.
    Fail { payout: usize, code: &'static str },
    /// It fails, and arrives after all.
    SucceedLate { payout: usize },
    /// It had arrived and comes back.
    Return { payout: usize },
    /// Staff try a failed payout once more.
    Retry { loan: usize },
    /// The borrower asks for the credit of a loan; two members of staff agree.
    Refund { loan: usize },
    /// The application is withdrawn.
    Withdraw { loan: usize },
    /// A notice is delivered: an old one again, one before its time, or one for the first time.
    Deliver { notice: usize },
    /// Every notice that nobody took yet is delivered.
    DeliverAll,
    /// Somebody sends a notice that is not the gateway's.
    Forge { notice: usize, how: u8 },
    /// The worker works until nothing is due.
    Work,
    /// The gateway is asked about one payment.
    Check { order: usize },
    /// The worker looks for what was left behind.
    Sweep,
    /// Minutes pass.
    Minutes(i64),
    /// Days pass.
    Days(i64),
    /// The days gone by are closed.
    Close,
    /// The next calls of a route go wrong.
    Fault {
        route: &'static str,
        mode: Mode,
        times: u32,
    },
    /// The process dies and another one starts.
    Die,
}

/// One thing, and what happens meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) op: Op,
    /// The process dies in it, after it was woken so often.
    pub(super) dies: Option<u32>,
    /// The worker works at the same time.
    pub(super) beside_work: bool,
}

const ROUTES: [&str; 7] = [
    "/v2/charge",
    "/v2/*/status",
    "/v2/*/cancel",
    "/v2/*/expire",
    "POST /v2/payouts",
    "GET /v2/payouts",
    "/v2/payouts/*",
];
const FAULTS: [Mode; 8] = [
    Mode::TimeoutAfterAccept,
    Mode::Http500,
    Mode::Http429,
    Mode::SlowMs,
    Mode::DropConnection,
    Mode::ErrorBody200,
    Mode::LateAnswer,
    Mode::CutBody,
];
/// Reasons that another try may mend without another account.
const FAILURES: [&str; 3] = ["TEMPORARY_TRANSFER_ERROR", "INSUFFICIENT_BALANCE", "TRANSFER_ERROR"];

/// A history of `length` steps. It begins with two loans, or little could happen. Of four histories one goes on with a
/// loan that is paid off twice, so that there is a credit to go back, and one with a claim about a late bill.
pub(super) fn history(seed: u64, length: usize) -> Vec<Step> {
    // Neighbouring seeds are to have nothing in common.
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let quiet = |op| Step {
        op,
        dies: None,
        beside_work: false,
    };
    let mut steps = Vec::new();
    for _ in 0..2 {
        steps.extend([Op::Open, Op::Work, Op::Succeed { payout: 0 }, Op::DeliverAll, Op::Work].map(quiet));
    }
    let pay = |purpose, method, key| Op::Pay {
        loan: 1,
        purpose,
        amount: 0,
        method,
        key,
        again: false,
    };
    let opening = match seed % 4 {
        0 => vec![
            pay(PaymentPurpose::Payoff, Method::Qris, 100),
            pay(PaymentPurpose::Payoff, Method::VaBca, 101),
            Op::Settle { order: 0 },
            Op::Settle { order: 0 },
            Op::DeliverAll,
            Op::Work,
            Op::Refund { loan: 1 },
            Op::Work,
        ],
        1 => vec![
            Op::Days(40),
            pay(PaymentPurpose::Instalment, Method::VaBri, 100),
            Op::Claim { order: 0 },
            Op::Days(3),
            Op::Close,
        ],
        _ => Vec::new(),
    };
    steps.extend(opening.into_iter().map(quiet));
    steps.extend((0..length).map(|_| Step {
        op: op(&mut dice),
        dies: (dice.below(4) == 0).then(|| 1 + u32::try_from(dice.below(60)).expect("small")),
        beside_work: dice.below(3) == 0,
    }));
    steps
}

fn op(dice: &mut Dice) -> Op {
    let mut any = || usize::try_from(dice.below(1_000)).expect("small");
    let (one, other) = (any(), any());
    let loan = one;
    let (order, payout, notice) = (one, one, one);
    match other % 100 {
        0..=3 => Op::Open,
        4..=19 => Op::Pay {
            loan,
            purpose: dice.of(&[
                PaymentPurpose::Instalment,
                PaymentPurpose::Instalment,
                PaymentPurpose::Amount,
                PaymentPurpose::Amount,
                PaymentPurpose::Payoff,
            ]),
            amount: 1 + dice.below(400_000),
            method: dice.of(&Method::ALL),
            key: dice.below(12),
            again: dice.below(4) == 0,
        },
        20..=21 => Op::Claim { order },
        22..=31 => Op::Settle { order },
        32..=34 => Op::SettleWrong {
            order,
            amount: 1 + dice.below(900_000),
        },
        35..=36 => Op::Expire { order },
        37..=38 => Op::SettleLate { order },
        39 => Op::Deny { order },
        40 => Op::TakeBack { order },
        41..=47 => Op::Succeed { payout },
        48..=49 => Op::Fail {
            payout,
            code: dice.of(&FAILURES),
        },
        50 => Op::SucceedLate { payout },
        51 => Op::Return { payout },
        52 => Op::Retry { loan },
        53 => Op::Refund { loan },
        54 => Op::Withdraw { loan },
        55..=63 => Op::Deliver { notice },
        64..=69 => Op::DeliverAll,
        70..=72 => Op::Forge {
            notice,
            how: u8::try_from(dice.below(5)).expect("small"),
        },
        73..=81 => Op::Work,
        82 => Op::Refund { loan },
        83..=84 => Op::Check { order },
        85..=87 => Op::Sweep,
        88..=89 => Op::Minutes(1 + dice.below(30)),
        90..=92 => Op::Days(1 + dice.below(30)),
        93..=94 => Op::Close,
        95..=97 => Op::Fault {
            route: dice.of(&ROUTES),
            mode: dice.of(&FAULTS),
            times: 1 + u32::try_from(dice.below(2)).expect("small"),
        },
        _ => Op::Die,
    }
}
