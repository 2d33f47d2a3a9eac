//! Notices end to end: events and codes become messages at the sandbox's vendors, whose webhooks come back.

use crate::people::{email_of, person};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use domain::{
    Actor, Error, PageRequest,
    auth::{CodeChannel, Secret},
    event::Event,
    id::{ChallengeId, LoanId, NoticeId, UserId},
    notifications::{NotificationService, Preferences, PushSubscription},
    users::Phone,
};
use hmac::{Hmac, KeyInit, Mac};
use sandbox::{Channel, Fault, Mode};
use services::{clock::Clock, testing::World};
use sha1::Sha1;
use sha2::Sha256;
use uuid::Uuid;

const PHONE: &str = "+6281200000001";
/// Meta refuses it at once.
const NOT_ON_WHATSAPP: &str = "+6281200000999";
/// Meta takes it, and fails later.
const FAILS_LATER: &str = "+6281200000998";

fn count(world: &World, to: &str, channel: Channel) -> usize {
    world
        .sandbox
        .messages(to)
        .iter()
        .filter(|message| message.channel == channel)
        .count()
}

/// Channel and state of every delivery, in the order of the channels' names.
async fn deliveries(world: &World) -> Vec<(String, String)> {
    sqlx::query_as("select channel, state from notifications.delivery order by channel")
        .fetch_all(&world.owner)
        .await
        .expect("deliveries")
}

async fn has_state(world: &World, channel: &str, state: &str) -> bool {
    deliveries(world).await.contains(&(channel.into(), state.into()))
}

async fn tell(world: &World, event: Event) -> Uuid {
    let event_id = world.clock.new_id();
    world
        .services
        .notifications
        .tell(&Actor::system(), event_id, &event)
        .await
        .expect("told");
    event_id
}

fn approved(world: &World, user_id: UserId) -> Event {
    Event::ApplicationApproved {
        user_id,
        loan_id: LoanId(world.clock.new_id()),
        amount: None,
    }
}

async fn choose(world: &World, user_id: UserId, chosen: Preferences) {
    world
        .services
        .notifications
        .set_preferences(&world.borrower(user_id), chosen)
        .await
        .expect("chosen");
}

const WHATSAPP_ONLY: Preferences = Preferences {
    whatsapp: true,
    email: false,
    sms: false,
    push: false,
    amounts_in_push: false,
};
const NOTHING: Preferences = Preferences {
    whatsapp: false,
    ..WHATSAPP_ONLY
};
const SMS_ONLY: Preferences = Preferences { sms: true, ..NOTHING };

#[tokio::test]
async fn an_event_is_told_once_on_every_chosen_channel() {
    let world = World::new().await;
    let user = person(&world, PHONE).await;
    let notifications = &world.services.notifications;
    let event = approved(&world, user);
    let event_id = tell(&world, event.clone()).await;
    notifications.tell(&Actor::system(), event_id, &event).await.unwrap();
    assert_eq!(world.jobs_left().await, 2, "one job each for WhatsApp and email");
    let ids: Vec<Uuid> = sqlx::query_scalar("select delivery_id from notifications.delivery")
        .fetch_all(&world.owner)
        .await
        .unwrap();
    world.run_jobs().await;
    // The queue may run a job again after a crash.
    for id in ids {
        notifications.deliver(id).await.unwrap();
    }
    notifications.tell(&Actor::system(), event_id, &event).await.unwrap();
    world.run_jobs().await;
    assert_eq!(count(&world, PHONE, Channel::Whatsapp), 1);
    assert_eq!(count(&world, &email_of(PHONE), Channel::Email), 1);
    assert_eq!(count(&world, PHONE, Channel::Sms), 0);
    let message = &world.sandbox.messages(PHONE)[0];
    assert!(message.text.contains("Pinjaman disetujui"), "{}", message.text);
    world
        .run_jobs_until(async || has_state(&world, "whatsapp", "delivered").await)
        .await;
    assert!(has_state(&world, "email", "accepted").await);
    assert_eq!(world.jobs_left().await, 0);
    assert_eq!(
        notifications.tell(&world.borrower(user), event_id, &event).await,
        Err(Error::Forbidden)
    );
    world.finish().await;
}

#[tokio::test]
async fn a_delivery_that_two_workers_take_goes_out_once() {
    let world = World::new().await;
    let user = person(&world, PHONE).await;
    choose(&world, user, WHATSAPP_ONLY).await;
    tell(&world, approved(&world, user)).await;
    let id: Uuid = sqlx::query_scalar("select delivery_id from notifications.delivery")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    let notifications = &world.services.notifications;
    let both = tokio::join!(notifications.deliver(id), notifications.deliver(id));
    assert!(both.0.is_ok() || both.1.is_ok());
    assert_eq!(count(&world, PHONE, Channel::Whatsapp), 1);

    // A worker that died after claiming: the delivery is free again half a minute later. First let the vendor's receipts
    // come in, which would move it on by themselves.
    world
        .run_jobs_until(async || has_state(&world, "whatsapp", "delivered").await)
        .await;
    sqlx::query("update notifications.delivery set state = 'queued', claimed_until = $1")
        .bind(world.clock.now() + time::Duration::seconds(30))
        .execute(&world.owner)
        .await
        .unwrap();
    assert!(notifications.deliver(id).await.unwrap_err().is_passing());
    world.clock.advance(time::Duration::seconds(30));
    notifications.deliver(id).await.unwrap();
    assert_eq!(count(&world, PHONE, Channel::Whatsapp), 2, "at least once");
    world.finish().await;
}

#[tokio::test]
async fn choices_count_but_not_for_security() {
    let world = World::new().await;
    let user = person(&world, PHONE).await;
    let notifications = &world.services.notifications;
    let actor = world.borrower(user);
    assert_eq!(notifications.preferences(&actor).await, Ok(Preferences::default()));
    choose(&world, user, NOTHING).await;
    assert_eq!(notifications.preferences(&actor).await, Ok(NOTHING));
    tell(&world, approved(&world, user)).await;
    assert_eq!(world.jobs_left().await, 0);
    tell(&world, Event::SignedInOnNewDevice { user_id: user }).await;
    world.run_jobs().await;
    assert_eq!(count(&world, PHONE, Channel::Whatsapp), 1);
    assert_eq!(count(&world, &email_of(PHONE), Channel::Email), 1);
    assert_eq!(notifications.unread_count(&actor).await, Ok(2), "the app shows both");
    world.finish().await;
}

#[tokio::test]
async fn who_is_not_on_whatsapp_gets_an_sms() {
    for phone in [NOT_ON_WHATSAPP, FAILS_LATER] {
        let world = World::new().await;
        let user = person(&world, phone).await;
        choose(&world, user, WHATSAPP_ONLY).await;
        tell(&world, approved(&world, user)).await;
        world
            .run_jobs_until(async || count(&world, phone, Channel::Sms) > 0)
            .await;
        world.run_jobs().await;
        assert_eq!(count(&world, phone, Channel::Sms), 1);
        let state = |channel: &str, state: &str| (channel.to_owned(), state.to_owned());
        assert_eq!(
            deliveries(&world).await,
            [state("sms", "accepted"), state("whatsapp", "failed")],
            "{phone}"
        );
        let code: Option<String> =
            sqlx::query_scalar("select error_code from notifications.delivery where channel = 'whatsapp'")
                .fetch_one(&world.owner)
                .await
                .unwrap();
        assert_eq!(code.as_deref(), Some("131026"));
        let text = &world.sandbox.messages(phone)[0].text;
        assert!(
            text.starts_with("Sanggup: Pinjaman disetujui.") && text.is_ascii(),
            "{text}"
        );
        world.finish().await;
    }
}

#[tokio::test]
async fn a_vendor_that_is_away_is_tried_again() {
    let world = World::new().await;
    let user = person(&world, PHONE).await;
    choose(&world, user, WHATSAPP_ONLY).await;
    let route = "POST /graph/*/*/messages".to_owned();
    world.sandbox.add_fault(Fault {
        route: route.clone(),
        mode: Mode::Http500,
        times: 1,
        ms: None,
    });
    tell(&world, approved(&world, user)).await;
    world.run_jobs().await;
    assert_eq!(
        (count(&world, PHONE, Channel::Whatsapp), world.jobs_left().await),
        (0, 1)
    );
    assert!(has_state(&world, "whatsapp", "queued").await);
    world
        .run_jobs_until(async || count(&world, PHONE, Channel::Whatsapp) == 1)
        .await;
    assert_eq!(count(&world, PHONE, Channel::Sms), 0);
    world.finish().await;
}

#[tokio::test]
async fn a_code_goes_once_per_number_of_sending_and_is_kept_nowhere() {
    let world = World::new().await;
    let (notifications, phone) = (&world.services.notifications, Phone::parse(PHONE).unwrap());
    let (challenge, code) = (ChallengeId(world.clock.new_id()), Secret::new("394857"));
    let system = Actor::system();
    let send = |send_no, channel| notifications.send_code(&system, challenge, send_no, channel, &phone, &code);
    send(1, CodeChannel::Whatsapp).await.unwrap();
    send(1, CodeChannel::Whatsapp).await.unwrap();
    assert_eq!(count(&world, PHONE, Channel::Whatsapp), 1);
    assert!(world.sandbox.messages(PHONE)[0].text.contains("394857"));
    send(2, CodeChannel::Sms).await.unwrap();
    assert_eq!(count(&world, PHONE, Channel::Sms), 1);
    assert!(world.sandbox.messages(PHONE)[0].text.contains("394857"));
    let rows: Vec<String> = sqlx::query_scalar("select d::text from notifications.delivery as d")
        .fetch_all(&world.owner)
        .await
        .unwrap();
    assert!(rows.len() == 2 && !rows.join("\n").contains("394857"), "{rows:?}");
    let borrower = world.borrower(UserId(world.clock.new_id()));
    let refused = notifications
        .send_code(&borrower, challenge, 3, CodeChannel::Sms, &phone, &code)
        .await;
    assert_eq!(refused, Err(Error::Forbidden));
    world.finish().await;
}

#[tokio::test]
async fn a_code_that_whatsapp_refuses_is_asked_for_again_by_sms() {
    let world = World::new().await;
    let (notifications, phone) = (&world.services.notifications, Phone::parse(NOT_ON_WHATSAPP).unwrap());
    let (challenge, code) = (ChallengeId(world.clock.new_id()), Secret::new("394857"));
    let system = Actor::system();
    let send = || notifications.send_code(&system, challenge, 1, CodeChannel::Whatsapp, &phone, &code);
    send().await.unwrap();
    assert_eq!(deliveries(&world).await, [("sms".to_owned(), "queued".to_owned())]);
    let payload: serde_json::Value = sqlx::query_scalar("select payload from graphile_worker._private_jobs")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(
        payload,
        serde_json::json!({"job": "send_code", "challenge_id": challenge, "send_no": 1})
    );
    // What that job does.
    send().await.unwrap();
    send().await.unwrap();
    assert_eq!(count(&world, NOT_ON_WHATSAPP, Channel::Sms), 1);
    assert_eq!(deliveries(&world).await, [("sms".to_owned(), "accepted".to_owned())]);
    world.finish().await;
}

fn meta_signature(world: &World, raw: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(world.sandbox.credentials.wa_app_secret.as_bytes()).expect("a key");
    mac.update(raw);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn states_move_forward_only_and_only_when_signed() {
    let world = World::new().await;
    let user = person(&world, PHONE).await;
    choose(&world, user, WHATSAPP_ONLY).await;
    tell(&world, approved(&world, user)).await;
    world
        .run_jobs_until(async || has_state(&world, "whatsapp", "delivered").await)
        .await;
    let reference: String = sqlx::query_scalar("select provider_ref from notifications.delivery")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    let notifications = &world.services.notifications;
    let webhook = |status: &str| {
        serde_json::json!({"entry": [{"changes": [{"field": "messages", "value": {
            "statuses": [{"id": reference, "status": status, "errors": [{"code": 131026}]}]}}]}]})
        .to_string()
        .into_bytes()
    };
    let forged = notifications.receive_whatsapp("sha256=00", &webhook("read")).await;
    assert_eq!(forged, Ok(false));
    assert!(has_state(&world, "whatsapp", "delivered").await);
    for (status, expected) in [
        ("sent", "delivered"),
        ("failed", "delivered"),
        ("read", "read"),
        ("delivered", "read"),
        ("a_new_word", "read"),
    ] {
        let raw = webhook(status);
        assert_eq!(
            notifications
                .receive_whatsapp(&meta_signature(&world, &raw), &raw)
                .await,
            Ok(true)
        );
        assert!(has_state(&world, "whatsapp", expected).await, "{status}");
    }
    let other = b"{\"entry\":7}";
    assert_eq!(
        notifications
            .receive_whatsapp(&meta_signature(&world, other), other)
            .await,
        Ok(true)
    );
    assert_eq!(world.jobs_left().await, 0, "what arrived is not sent again by SMS");
    let token = &world.sandbox.credentials.wa_verify_token;
    assert_eq!(
        notifications.verify_whatsapp("subscribe", token, "4711"),
        Some("4711".into())
    );
    assert_eq!(notifications.verify_whatsapp("subscribe", "guess", "4711"), None);
    world.finish().await;
}

fn twilio_signature(world: &World, pairs: &[(String, String)]) -> String {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort();
    let mut mac = Hmac::<Sha1>::new_from_slice(world.sandbox.credentials.twilio_token.as_bytes()).expect("a key");
    mac.update(world.config.sms.callback_url.as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn an_sms_that_never_arrives_is_known_as_failed() {
    let world = World::new().await;
    let user = person(&world, PHONE).await;
    choose(&world, user, SMS_ONLY).await;
    tell(&world, approved(&world, user)).await;
    world.run_jobs().await;
    assert!(has_state(&world, "sms", "accepted").await);
    let sid: String = sqlx::query_scalar("select provider_ref from notifications.delivery")
        .fetch_one(&world.owner)
        .await
        .unwrap();
    let notifications = &world.services.notifications;
    let pairs = |status: &str| {
        let pairs = [
            ("MessageSid", sid.as_str()),
            ("MessageStatus", status),
            ("ErrorCode", "30003"),
            ("To", PHONE),
        ];
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
    };
    assert_eq!(notifications.receive_sms("AAAA", &pairs("delivered")).await, Ok(false));
    for (status, expected) in [
        ("queued", "accepted"),
        ("sent", "sent"),
        ("undelivered", "failed"),
        ("delivered", "failed"),
    ] {
        let pairs = pairs(status);
        assert_eq!(
            notifications
                .receive_sms(&twilio_signature(&world, &pairs), &pairs)
                .await,
            Ok(true)
        );
        assert!(has_state(&world, "sms", expected).await, "{status}");
    }
    assert_eq!(world.jobs_left().await, 0);
    world.finish().await;
}

#[tokio::test]
async fn the_inbox_belongs_to_its_person_and_goes_page_by_page() {
    let world = World::new().await;
    let (user, other) = (person(&world, PHONE).await, person(&world, "+6281200000002").await);
    let notifications = &world.services.notifications;
    let (actor, stranger) = (world.borrower(user), world.borrower(other));
    for number in 0..5 {
        // Two of them at the same instant: the order must not need the time alone.
        if number != 3 {
            world.clock.advance(time::Duration::SECOND);
        }
        tell(&world, approved(&world, user)).await;
    }
    tell(&world, approved(&world, other)).await;
    let all = notifications.list(&actor, PageRequest::default()).await.unwrap();
    assert_eq!((all.items.len(), &all.next), (5, &None));
    assert!(
        all.items
            .is_sorted_by(|a, b| (a.created_at, a.id) > (b.created_at, b.id))
    );
    let mut paged = Vec::new();
    let mut after = None;
    loop {
        let page = notifications
            .list(&actor, PageRequest { limit: 2, after })
            .await
            .unwrap();
        assert!(page.items.len() <= 2);
        paged.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(paged, all.items);
    let foreign = notifications.list(
        &stranger,
        PageRequest {
            limit: 2,
            after: Some(all.items[0].id.to_string()),
        },
    );
    assert_eq!(foreign.await.unwrap().items, []);
    let nonsense = notifications
        .list(
            &actor,
            PageRequest {
                limit: 2,
                after: Some("'; --".into()),
            },
        )
        .await;
    assert!(matches!(nonsense, Err(Error::Validation(_))));

    let id = all.items[1].id;
    assert_eq!(notifications.unread_count(&actor).await, Ok(5));
    assert_eq!(notifications.mark_read(&stranger, id).await, Err(Error::NotFound));
    assert_eq!(
        notifications.mark_read(&actor, NoticeId(world.clock.new_id())).await,
        Err(Error::NotFound)
    );
    notifications.mark_read(&actor, id).await.unwrap();
    let first_read = world.clock.now();
    world.clock.advance(time::Duration::MINUTE);
    notifications.mark_read(&actor, id).await.unwrap();
    assert_eq!(notifications.unread_count(&actor).await, Ok(4));
    notifications.mark_all_read(&actor).await.unwrap();
    let read = notifications.list(&actor, PageRequest::default()).await.unwrap().items;
    assert_eq!(read[1].read_at, Some(first_read), "the first time counts");
    assert_eq!(notifications.unread_count(&actor).await, Ok(0));
    assert_eq!(notifications.unread_count(&stranger).await, Ok(1));
    assert_eq!(
        notifications.list(&world.stranger(), PageRequest::default()).await,
        Err(Error::Unauthenticated)
    );
    world.finish().await;
}

#[tokio::test]
async fn a_browser_is_remembered_sealed_and_belongs_to_the_last_person() {
    let world = World::new().await;
    let (user, other) = (person(&world, PHONE).await, person(&world, "+6281200000002").await);
    let notifications = &world.services.notifications;
    let subscription = PushSubscription {
        endpoint: "https://fcm.googleapis.com/fcm/send/geheim".into(),
        p256dh: URL_SAFE_NO_PAD.encode([&[4_u8][..], &[7; 64]].concat()),
        auth: URL_SAFE_NO_PAD.encode([1_u8; 16]),
    };
    for person in [user, user, other] {
        notifications
            .subscribe_push(&world.borrower(person), subscription.clone())
            .await
            .unwrap();
    }
    let rows: Vec<(Uuid, Uuid, Vec<u8>)> =
        sqlx::query_as("select subscription_id, user_id, sealed from notifications.push_subscription")
            .fetch_all(&world.owner)
            .await
            .unwrap();
    let [(row, owner, sealed)] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(*owner, other.0);
    assert!(!sealed.windows(6).any(|bytes| bytes == b"geheim"));
    let mut connection = world.owner.acquire().await.unwrap();
    let key = world
        .services
        .core
        .vault
        .user_key(&mut connection, other)
        .await
        .unwrap();
    let opened = key
        .open("notifications.push_subscription.sealed", *row, sealed)
        .unwrap();
    assert_eq!(
        serde_json::from_slice::<PushSubscription>(&opened).unwrap(),
        subscription
    );
    drop(connection);

    for number in 0..12 {
        world.clock.advance(time::Duration::SECOND);
        let endpoint = format!("https://fcm.googleapis.com/fcm/send/{number}");
        let another = PushSubscription {
            endpoint,
            ..subscription.clone()
        };
        notifications
            .subscribe_push(&world.borrower(user), another)
            .await
            .unwrap();
    }
    let kept: i64 = sqlx::query_scalar("select count(*) from notifications.push_subscription where user_id = $1")
        .bind(user.0)
        .fetch_one(&world.owner)
        .await
        .unwrap();
    assert_eq!(kept, 10);
    let evil = PushSubscription {
        endpoint: "https://169.254.169.254/".into(),
        ..subscription
    };
    let refused = notifications.subscribe_push(&world.borrower(user), evil).await;
    assert!(matches!(refused, Err(Error::Validation(_))));
    world.finish().await;
}
