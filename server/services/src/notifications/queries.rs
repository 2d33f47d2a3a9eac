//! Statements about deliveries that several use cases share: claim, settle, move on. Only the schema
//! `notifications`.

use crate::{
    Core,
    failure::{Failure, Fallible},
    jobs::{self, Job},
};
use domain::{Error, id::ChallengeId};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long one worker has a delivery for itself; longer than any client waits for its vendor.
const CLAIM: Duration = Duration::seconds(30);

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Whatsapp,
    Sms,
    Email,
}

impl Channel {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    fn parse(text: &str) -> Fallible<Self> {
        [Self::Whatsapp, Self::Sms, Self::Email]
            .into_iter()
            .find(|channel| channel.as_str() == text)
            .ok_or_else(|| Failure::broken(format!("no messages are sent by {text}")))
    }
}

/// What a vendor may tell about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Sent,
    Delivered,
    Read,
    Failed,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
        }
    }
}

/// What is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Notice(Uuid),
    Code { challenge_id: ChallengeId, send_no: u16 },
}

impl About {
    fn read(notice_id: Option<Uuid>, challenge_id: Option<Uuid>, send_no: Option<i16>) -> Fallible<Self> {
        match (notice_id, challenge_id, send_no.map(u16::try_from)) {
            (Some(notice_id), None, _) => Ok(Self::Notice(notice_id)),
            (None, Some(id), Some(Ok(send_no))) => Ok(Self::Code {
                challenge_id: ChallengeId(id),
                send_no,
            }),
            _ => Err(Failure::broken("a delivery of nothing")),
        }
    }
}

/// A delivery that this worker alone may send now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claimed {
    pub id: Uuid,
    pub channel: Channel,
    pub about: About,
}

/// Takes a queued delivery for half a minute. None when it was sent already; busy when another worker has it, so
/// that the job comes back in case that worker died.
pub(super) async fn claim(connection: &mut PgConnection, id: Uuid, now: OffsetDateTime) -> Fallible<Option<Claimed>> {
    let row = sqlx::query!(
        "update notifications.delivery
         set claimed_until = $2
         where delivery_id = $1
           and state = 'queued'
           and (claimed_until is null or claimed_until <= $3)
         returning channel, notice_id, challenge_id, send_no",
        id,
        now + CLAIM,
        now,
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(row) = row {
        let about = About::read(row.notice_id, row.challenge_id, row.send_no)?;
        return Ok(Some(Claimed {
            id,
            channel: Channel::parse(&row.channel)?,
            about,
        }));
    }
    let state = sqlx::query_scalar!("select state from notifications.delivery where delivery_id = $1", id)
        .fetch_optional(connection)
        .await?;
    match state.as_deref() {
        None => Err(Failure::broken(format!("there is no delivery {id}"))),
        Some("queued") => Err(Error::Busy { retry_after: 30 }.into()),
        Some(_) => Ok(None),
    }
}

/// Gives a claim back, so that the next try need not wait.
pub(super) async fn release(connection: &mut PgConnection, claimed: Claimed) -> Fallible<()> {
    sqlx::query!(
        "update notifications.delivery
         set claimed_until = null
         where delivery_id = $1
           and channel = $2",
        claimed.id,
        claimed.channel.as_str(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The vendor took the message. Its notices may have been quicker than we are: their state stays.
pub(super) async fn set_accepted(
    connection: &mut PgConnection,
    claimed: Claimed,
    provider_ref: &str,
    now: OffsetDateTime,
) -> Fallible<()> {
    sqlx::query!(
        "update notifications.delivery
         set state = case when state = 'queued' then 'accepted' else state end,
             provider_ref = $3,
             claimed_until = null,
             updated_at = $4
         where delivery_id = $1
           and channel = $2",
        claimed.id,
        claimed.channel.as_str(),
        provider_ref,
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Which delivery a vendor speaks of: our number where the vendor carries it, its own otherwise.
pub(super) struct Named<'a> {
    pub channel: Channel,
    pub id: Option<Uuid>,
    pub provider_ref: Option<&'a str>,
}

/// Moves a delivery on; a state that is behind, or comes after a failure, changes nothing.
pub(super) async fn set_forward(
    connection: &mut PgConnection,
    named: &Named<'_>,
    state: State,
    now: OffsetDateTime,
) -> Fallible<()> {
    sqlx::query!(
        "update notifications.delivery
         set state = $4, updated_at = $5
         where channel = $1
           and (delivery_id = $2 or provider_ref = $3)
           and array_position(array['queued', 'accepted', 'sent', 'delivered', 'read'], state)
             < array_position(array['queued', 'accepted', 'sent', 'delivered', 'read'], $4)",
        named.channel.as_str(),
        named.id,
        named.provider_ref,
        state.as_str(),
        now,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks a delivery as failed, unless it arrived; what WhatsApp failed to deliver is queued as an SMS, once.
pub(super) async fn set_failed(
    connection: &mut PgConnection,
    core: &Core,
    named: &Named<'_>,
    code: &str,
) -> Fallible<()> {
    let now = core.clock.now();
    let failed = sqlx::query!(
        "update notifications.delivery
         set state = 'failed', error_code = $4, claimed_until = null, updated_at = $5
         where channel = $1
           and (delivery_id = $2 or provider_ref = $3)
           and state in ('queued', 'accepted', 'sent')
         returning delivery_id, notice_id, challenge_id, send_no",
        named.channel.as_str(),
        named.id,
        named.provider_ref,
        code,
        now,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = failed else { return Ok(()) };
    metrics::counter!("deliveries_failed", "channel" => named.channel.as_str()).increment(1);
    if named.channel != Channel::Whatsapp {
        return Ok(());
    }
    match About::read(row.notice_id, row.challenge_id, row.send_no)? {
        About::Notice(notice_id) => queue_notice(connection, core, notice_id, Channel::Sms).await,
        About::Code { challenge_id, send_no } => {
            // One row per code: it starts again on the other channel. The code itself is not here; the job asks
            // the auth service for it, which sends nothing once the challenge is over.
            sqlx::query!(
                "update notifications.delivery
                 set channel = 'sms', state = 'queued', provider_ref = null
                 where delivery_id = $1",
                row.delivery_id,
            )
            .execute(&mut *connection)
            .await?;
            jobs::enqueue_in(connection, &Job::SendCode { challenge_id, send_no }, None).await
        }
    }
}

/// Queues a notice on a channel, with its job; once per notice and channel.
pub(super) async fn queue_notice(
    connection: &mut PgConnection,
    core: &Core,
    notice_id: Uuid,
    channel: Channel,
) -> Fallible<()> {
    let queued = sqlx::query_scalar!(
        "insert into notifications.delivery (delivery_id, notice_id, channel, state, created_at, updated_at)
         values ($1, $2, $3, 'queued', $4, $4)
         on conflict on constraint delivery_notice_key do nothing
         returning delivery_id",
        core.clock.new_id(),
        notice_id,
        channel.as_str(),
        core.clock.now(),
    )
    .fetch_optional(&mut *connection)
    .await?;
    match queued {
        Some(delivery_id) => jobs::enqueue_in(connection, &Job::Deliver { delivery_id }, None).await,
        None => Ok(()),
    }
}
