//! What every gateway owes us (integrations.md 1.1), asked of the real clients: the sandbox speaks the vendors' protocol.

use domain::{
    Rupiah,
    id::{LoanId, PayoutId},
    payments::{Instruction, Method},
    users::BANKS,
};
use services::{
    config::Environment,
    gateways::{
        GatewayError, Gateways,
        collections::{Charge, CollectionGateway, TransactionStatus},
        http,
        payouts::{FailureCode, NewPayout, PayoutGateway, PayoutState},
    },
    testing::World,
};
use time::Duration;
use uuid::Uuid;

/// A button of the sandbox.
async fn press(world: &World, path: &str) {
    let url = format!("{}/_sim/{path}", world.sandbox.admin_url);
    let client = http::client(Environment::Development).expect("a client");
    let pressed = client.post(url).json(&serde_json::json!({})).send().await;
    assert!(pressed.expect("an answer").status().is_success(), "{path}");
}

fn payout(reference: PayoutId, idempotency_key: Uuid) -> NewPayout<'static> {
    NewPayout {
        reference,
        idempotency_key,
        amount: Rupiah::new(3_000_000),
        bank: "BCA",
        account_number: "1234567890",
        account_holder: "Sari Wulandari",
        loan_id: LoanId(Uuid::now_v7()),
        description: "Pencairan pinjaman Sanggup",
    }
}

#[tokio::test]
async fn a_payout_gateway_keeps_its_word() {
    let world = World::new().await;
    let gateways = Gateways::new(&world.config).expect("clients");
    let gateway: &dyn PayoutGateway = &*gateways.payouts;
    assert_eq!(gateway.name(), "xendit");

    // Unknown is an answer.
    let reference = PayoutId(Uuid::now_v7());
    assert_eq!(gateway.find_by_reference(reference).await, Ok(None));
    assert_eq!(gateway.get("disb-unknown").await, Ok(None));

    // The same request again is the same payout; another one under the key or the reference is none.
    let new = payout(reference, Uuid::now_v7());
    let made = gateway.create(&new).await.expect("a payout");
    assert_eq!(
        (made.reference_id.clone(), made.amount),
        (reference.to_string(), Some(new.amount))
    );
    assert_eq!(gateway.create(&new).await.expect("the same").id, made.id);
    let other_amount = NewPayout {
        amount: Rupiah::new(3_000_001),
        ..new.clone()
    };
    let other_key = NewPayout {
        idempotency_key: Uuid::now_v7(),
        ..new.clone()
    };
    for twice in [other_amount, other_key] {
        let answer = gateway.create(&twice).await;
        assert!(matches!(answer, Err(GatewayError::Duplicate { .. })), "{answer:?}");
    }
    let found = gateway
        .find_by_reference(reference)
        .await
        .expect("an answer")
        .expect("the payout");
    assert_eq!(found.id, made.id);
    assert_eq!(gateway.list_by_reference(reference).await.expect("a list").len(), 1);

    // What was not passed on can be withdrawn; what arrived cannot, and may come back.
    let withdrawn = gateway.cancel(&made.id).await.expect("in time");
    assert!(
        matches!(&withdrawn.state, PayoutState::Failed(FailureCode::Other(_))),
        "{withdrawn:?}"
    );
    let second = PayoutId(Uuid::now_v7());
    let sent = gateway.create(&payout(second, Uuid::now_v7())).await.expect("a payout");
    press(&world, &format!("xendit/payouts/{second}/succeed")).await;
    let late = gateway.cancel(&sent.id).await;
    assert!(matches!(late, Err(GatewayError::Rejected { .. })), "{late:?}");
    let state = async || {
        gateway
            .get(&sent.id)
            .await
            .expect("an answer")
            .expect("the payout")
            .state
    };
    assert_eq!(state().await, PayoutState::Succeeded);
    press(&world, &format!("xendit/payouts/{second}/reverse")).await;
    assert_eq!(state().await, PayoutState::Reversed);

    // What it surely will not do.
    let no_bank = NewPayout {
        bank: "NOBANK",
        ..payout(PayoutId(Uuid::now_v7()), Uuid::now_v7())
    };
    let refused = gateway.create(&no_bank).await;
    assert!(matches!(refused, Err(GatewayError::Rejected { .. })), "{refused:?}");
    let channels = gateway.channels().await.expect("banks");
    let bca = channels.iter().find(|channel| channel.bank == "BCA").expect("BCA");
    assert!(bca.minimum < bca.maximum, "{bca:?}");
    for (code, _) in BANKS {
        assert!(channels.iter().any(|channel| channel.bank == code), "{code}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_collection_gateway_keeps_its_word() {
    let world = World::new().await;
    let gateways = Gateways::new(&world.config).expect("clients");
    let gateway: &dyn CollectionGateway = &*gateways.collections;
    assert_eq!(gateway.name(), "midtrans");
    assert_eq!(gateway.status("SGP-UNKNOWN").await, Ok(None));
    let charge = |order_id: &'static str, method| Charge {
        order_id,
        idempotency_key: Uuid::now_v7(),
        amount: Rupiah::new(544_650),
        method,
        expires_in: Duration::minutes(30),
    };
    let status = async |order: &'static str| {
        gateway
            .status(order)
            .await
            .expect("an answer")
            .expect("the order")
            .status
    };

    // A code, the same order once more, and its truth.
    let va = charge("SGP-VA-1", Method::VaBca);
    let made = gateway.charge(va).await.expect("a code");
    assert_eq!(
        (made.status.clone(), made.amount),
        (TransactionStatus::Pending, Some(va.amount))
    );
    assert!(matches!(made.instruction, Some(Instruction::VirtualAccount { .. })));
    let again = gateway
        .charge(Charge {
            idempotency_key: Uuid::now_v7(),
            ..va
        })
        .await;
    assert!(matches!(again, Err(GatewayError::Duplicate { .. })), "{again:?}");

    // Withdrawn, run out, paid; a transfer cannot be given back by us, and a paid one not withdrawn.
    gateway.cancel("SGP-VA-1").await.expect("withdrawn");
    assert_eq!(status("SGP-VA-1").await, TransactionStatus::Cancelled);
    gateway.charge(charge("SGP-VA-2", Method::VaBri)).await.expect("a code");
    gateway.expire("SGP-VA-2").await.expect("run out");
    assert_eq!(status("SGP-VA-2").await, TransactionStatus::Expired);
    gateway.charge(charge("SGP-VA-3", Method::VaBni)).await.expect("a code");
    press(&world, "midtrans/SGP-VA-3/pay").await;
    assert_eq!(status("SGP-VA-3").await, TransactionStatus::Paid);
    let key = Uuid::now_v7();
    for refused in [
        gateway.cancel("SGP-VA-3").await,
        gateway.cancel("SGP-UNKNOWN").await,
        gateway.expire("SGP-VA-3").await,
        gateway.refund("SGP-VA-3", key, va.amount, "salah bayar").await,
    ] {
        assert!(matches!(refused, Err(GatewayError::Rejected { .. })), "{refused:?}");
    }

    // A payment by QR goes back once.
    let qr = gateway.charge(charge("SGP-QR-1", Method::Qris)).await.expect("a code");
    assert!(matches!(qr.instruction, Some(Instruction::Qris { .. })));
    press(&world, "midtrans/SGP-QR-1/pay").await;
    gateway
        .refund("SGP-QR-1", key, va.amount, "salah bayar")
        .await
        .expect("given back");
    assert_eq!(status("SGP-QR-1").await, TransactionStatus::Refunded);
    // Whether the key or the state is named first: nothing more goes back.
    let twice = gateway.refund("SGP-QR-1", key, va.amount, "salah bayar").await;
    assert!(
        matches!(
            twice,
            Err(GatewayError::Duplicate { .. } | GatewayError::Rejected { .. })
        ),
        "{twice:?}"
    );
    world.finish().await;
}
