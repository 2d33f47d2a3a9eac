//! Every way in which a gateway can answer or tell wrongly, at every route that the product calls: whatever happens,
//! the payout arrives once, the payment counts once, and nothing is left undone.

use super::*;
use services::clock::{Clock as _, SystemClock};
use time::Duration;

/// What a call is answered with, or not answered with.
pub(super) const ANSWERS: [Mode; 8] = [
    Mode::TimeoutAfterAccept,
    Mode::Http500,
    Mode::Http429,
    Mode::SlowMs,
    Mode::DropConnection,
    Mode::ErrorBody200,
    Mode::LateAnswer,
    Mode::CutBody,
];
/// Routes of a payout (that of money which goes back to its payer is in `suspense`); asking for it by our reference happens only in doubt.
const PAYOUT: [&str; 4] = [
    "GET /iris/api/v1/account_validation",
    "POST /v2/payouts",
    "GET /v2/payouts",
    "GET /v2/payouts/*",
];
/// Routes of a payment.
const PAYMENT: [&str; 4] = [
    "POST /v2/charge",
    "GET /v2/*/status",
    "POST /v2/*/cancel",
    "POST /v2/*/expire",
];

/// A world whose gateway knows the account to which every borrower here is paid.
async fn world() -> World {
    let world = World::with(|config| {
        config.midtrans.iris = Some(services::config::IrisConfig {
            base_url: config.midtrans.base_url.replace("/midtrans", "/midtrans/iris/api/v1"),
            api_key: config.midtrans.server_key.clone(),
        });
    })
    .await;
    let known = json!({"bank": "BCA", "account": "1234564821", "name": "SARI WULANDARI"});
    post(&world, "/_sim/accounts", known).await;
    world
}

/// The worker, the sweep, a page that looks again and the passing minutes, until `done`.
async fn patience<F: Future<Output = bool>>(case: &Case<'_>, told: &str, done: impl Fn() -> F) {
    for _ in 0..40 {
        free_jobs(case.world).await;
        case.world.run_jobs().await;
        if done().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        case.world.clock.advance(Duration::seconds(61));
        case.world.services.payments.sweep().await.expect("a sweep");
        for payment in case.payments().list(&case.actor(), case.loan_id).await.expect("a list") {
            drop(case.world.services.payments.check_payment(payment.id).await);
        }
    }
    panic!("{told}: it never comes to an end");
}

/// The fault waited for its call, and the call came.
async fn happened(world: &World, told: &str) {
    let left = control(world, reqwest::Method::GET, "/_sim/faults", &json!({})).await;
    assert_eq!(left, json!([]), "{told}: nobody called that route");
}

async fn pay_out(case: &Case<'_>, told: &str) {
    let at_gateway = async || case.sent().await.iter().any(|payout| payout["status"] == "ACCEPTED");
    patience(case, told, async || {
        at_gateway().await && case.payout_status().await == PayoutStatus::InProgress
    })
    .await;
    case.press_payout("succeed", json!({})).await;
    let arrived = async || case.payout_status().await == PayoutStatus::Succeeded;
    patience(case, told, arrived).await;
    assert_eq!(case.sent().await.len(), 1, "{told}");
    assert_eq!(case.balance("1010").await, -3_000_000, "{told}");
}

async fn posted_once(case: &Case<'_>, payment: &Payment, told: &str) {
    let posted = async || case.payment(payment.id).await.status == PaymentStatus::Posted;
    patience(case, told, posted).await;
    let count = "select count(*) from payments.payment where loan_id = $1";
    assert_eq!(
        (case.count(count).await, case.balance("1020").await),
        (1, 544_650),
        "{told}"
    );
    case.books_match().await;
}

/// A code that the payer can see.
async fn code(case: &Case<'_>, method: Method, key: &str, told: &str) -> Payment {
    let asked = async || {
        let asked = case.try_create(PaymentPurpose::Instalment, method, None, key).await;
        asked.expect("an attempt, whatever the gateway says")
    };
    let payment = asked().await;
    let open = async || case.payment(payment.id).await.status == PaymentStatus::Pending;
    patience(case, told, open).await;
    assert_eq!(asked().await.id, payment.id, "{told}: the same key, the same attempt");
    payment
}

#[tokio::test]
async fn a_payout_arrives_once_whatever_the_gateway_answers() {
    let world = world().await;
    for route in PAYOUT {
        for mode in ANSWERS {
            let told = format!("{route} {mode:?}");
            world.clock.set(SystemClock.now());
            let case = Case::new(&world).await;
            if route == "GET /v2/payouts" {
                fault(&world, "POST /v2/payouts", Mode::TimeoutAfterAccept, Some(10));
            }
            fault(&world, route, mode, Some(20));
            case.open().await;
            pay_out(&case, &told).await;
            happened(&world, &told).await;
            case.books_match().await;
        }
    }
    world.finish().await;
}

#[tokio::test]
async fn a_payment_counts_once_whatever_the_gateway_answers() {
    let world = world().await;
    for route in PAYMENT {
        for mode in ANSWERS {
            let told = format!("{route} {mode:?}");
            world.clock.set(SystemClock.now());
            let case = Case::lent(&world).await;
            fault(&world, route, mode, Some(20));
            let ended = match route {
                "POST /v2/*/cancel" => Some((
                    code(&case, Method::VaBri, "key-of-the-other-bank", &told).await,
                    "cancel",
                )),
                "POST /v2/*/expire" => {
                    let old = code(&case, Method::Qris, "key-of-an-old-code", &told).await;
                    world.clock.advance(Duration::minutes(40));
                    Some((old, "expire"))
                }
                _ => None,
            };
            if let Some((old, "expire")) = &ended {
                let over = async || case.payment(old.id).await.status == PaymentStatus::Expired;
                patience(&case, &told, over).await;
                // The gateway has the machine's clock: a new code would be old already.
                world.clock.set(SystemClock.now());
            }
            let payment = code(&case, Method::Qris, "key-of-the-code-that-is-paid", &told).await;
            case.press(&payment, "pay", json!({})).await;
            posted_once(&case, &payment, &told).await;
            if let Some((old, end)) = ended {
                patience(&case, &told, async || at_gateway(&world, &old).await == end).await;
                assert_ne!(case.payment(old.id).await.status, PaymentStatus::Posted, "{told}");
            }
            happened(&world, &told).await;
        }
    }
    world.finish().await;
}

/// How the gateway says an order stands.
async fn at_gateway(world: &World, payment: &Payment) -> String {
    let all = control(world, reqwest::Method::GET, "/_sim/midtrans", &json!({})).await;
    let found = all.as_array().expect("a list").iter();
    let order = found
        .clone()
        .find(|order| order["order_id"] == payment.order_id.as_str())
        .expect("the order");
    order["status"].as_str().expect("a status").to_owned()
}

#[tokio::test]
async fn money_counts_once_whatever_the_notices_say() {
    let world = world().await;
    for mode in [
        Mode::DuplicateWebhook,
        Mode::OutOfOrder,
        Mode::BadSignature,
        Mode::WrongAmount,
        Mode::LateSuccess,
    ] {
        let told = format!("{mode:?}");
        world.clock.set(SystemClock.now());
        let case = Case::new(&world).await;
        // A bank that refuses and then pays.
        let (end, body) = match mode {
            Mode::LateSuccess => ("fail", json!({"failure_code": "TRANSFER_ERROR"})),
            _ => ("succeed", json!({})),
        };
        case.open().await;
        world.run_jobs().await;
        fault(&world, "/v2/payouts", mode, Some(200));
        case.press_payout(end, body).await;
        let arrived = async || case.payout_status().await == PayoutStatus::Succeeded;
        patience(&case, &told, arrived).await;
        assert_eq!(
            (case.sent().await.len(), case.balance("1010").await),
            (1, -3_000_000),
            "{told}"
        );

        let payment = code(&case, Method::Qris, "key-of-a-strange-notice", &told).await;
        fault(&world, "/v2/charge", mode, Some(200));
        // A code that runs out and is paid all the same.
        let end = if mode == Mode::LateSuccess { "expire" } else { "pay" };
        case.press(&payment, end, json!({})).await;
        posted_once(&case, &payment, &told).await;
        happened(&world, &told).await;
    }
    world.finish().await;
}
