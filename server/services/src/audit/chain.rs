//! The hash chain over the audit log (security.md R46). Enters: lines that were committed. Leaves: a hash for each that
//! stands on all before it, and every minute the newest hash, signed, in the object store, out of the database's reach.
//!
//! Each hash is SHA-256 of the one before it and the line as it is stored. Whoever rewrites the log must rewrite the
//! chain from there on, and then it ends otherwise than what was signed.

use super::Audit;
use crate::{
    crypto::sha256,
    failure::{Failure, Fallible},
};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::sync::atomic::{AtomicI64, Ordering};
use time::{Date, Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// Lines sealed in one transaction.
const AT_ONCE: i64 = 1_000;
/// A line may be committed after so many later ones; what even those overtook is found once in [`LOOK`].
const OVERTAKEN: i64 = 10_000;
/// Seconds between two looks at the whole log for lines without a seal.
const LOOK: i64 = 3_600;
/// A signed hash is kept once in so many seconds, or after [`AT_ONCE`] lines.
const BETWEEN: i64 = 60;
/// A line that is not sealed so long after it was written was slipped past the chain, or nobody seals.
const PATIENCE: Duration = Duration::minutes(5);
/// So many days back the newest signed hash is looked for.
const DAYS: i64 = 31;

/// When this process last looked for lines however old (Unix seconds), and kept the last signed hash.
#[derive(Default)]
pub(super) struct Kept {
    looked: AtomicI64,
    at: AtomicI64,
    position: AtomicI64,
}

/// A hash of the chain, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Checkpoint {
    position: i64,
    /// Hexadecimal.
    hash: String,
    /// RFC 3339, UTC.
    at: String,
    kid: String,
    signature: String,
}

impl Checkpoint {
    fn signed_text(&self) -> String {
        format!("{} {} {}", self.position, self.hash, self.at)
    }
}

/// What looking through the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Lines that stand in the chain as they were written.
    pub sealed: i64,
    /// Lines that are too new to be sealed.
    pub waiting: i64,
    /// The line up to which a signed hash was compared; none when none was found within a month.
    pub signed_through: Option<i64>,
    /// The first thing that is wrong, in words; none: the log is whole.
    pub fault: Option<String>,
}

/// A line as it is stored, in the order that is hashed.
struct Line {
    seq: i64,
    audit_id: Uuid,
    at: OffsetDateTime,
    actor_kind: String,
    actor_id: Option<Uuid>,
    role: String,
    session_id: Option<Uuid>,
    action: String,
    object_kind: String,
    object_id: String,
    reason: String,
    outcome: String,
    device: String,
    trace_id: String,
}

impl Line {
    fn hash(&self, before: &[u8]) -> Fallible<[u8; 32]> {
        let text = (
            (self.seq, self.audit_id, self.at.unix_timestamp_nanos().to_string()),
            (&self.actor_kind, self.actor_id, &self.role, self.session_id),
            (&self.action, &self.object_kind, &self.object_id, &self.reason),
            (&self.outcome, &self.device, &self.trace_id),
        );
        let line = serde_json::to_vec(&text).map_err(Failure::broken)?;
        Ok(sha256(&[before, &line].concat()))
    }
}

/// The end of the chain.
struct End {
    position: i64,
    hash: Vec<u8>,
}

impl Audit {
    /// Seals what was committed since, and keeps a signed hash when one is due. Idempotent; one at a time, whoever
    /// else tries meanwhile does nothing. Returns how many lines it sealed.
    pub async fn seal(&self) -> Fallible<i64> {
        let now = self.core.clock.now().unix_timestamp();
        let mut sealed = 0;
        if now - self.kept.looked.load(Ordering::Relaxed) >= LOOK {
            sealed += self.seal_some(true).await?;
            self.kept.looked.store(now, Ordering::Relaxed);
        }
        loop {
            let some = self.seal_some(false).await?;
            sealed += some;
            if some < AT_ONCE {
                break;
            }
        }
        self.keep_signed().await?;
        Ok(sealed)
    }

    /// `all`: however far back.
    async fn seal_some(&self, all: bool) -> Fallible<i64> {
        let mut tx = self.core.begin().await?;
        if all {
            be_patient(&mut tx).await?;
        }
        let turn =
            sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(hashtextextended('audit seal', 0)) as "turn!""#);
        if !turn.fetch_one(&mut *tx).await? {
            return Ok(0);
        }
        let end = sqlx::query_as!(
            End,
            "select position, hash from audit.seal order by position desc limit 1"
        );
        let end = end.fetch_optional(&mut *tx).await?;
        let (mut position, mut hash) = end.map_or((0, Vec::new()), |end| (end.position, end.hash));
        let last = sqlx::query_scalar!("select max(seq) from audit.seal");
        let last = last.fetch_one(&mut *tx).await?.unwrap_or_default();
        // A number that the planner can see bounds both sides.
        let floor = if all { 0 } else { last - OVERTAKEN };
        let lines = sqlx::query_as!(
            Line,
            "select seq, audit_id, at, actor_kind, actor_id, role, session_id, action, object_kind, object_id, reason,
                    outcome, device, trace_id
               from audit.entry e
              where seq > $1
                and not exists (select from audit.seal s where s.seq = e.seq and s.seq > $1)
              order by seq
              limit $2",
            floor,
            AT_ONCE,
        )
        .fetch_all(&mut *tx)
        .await?;
        let (mut positions, mut seqs, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
        for line in &lines {
            position += 1;
            hash = line.hash(&hash)?.to_vec();
            positions.push(position);
            seqs.push(line.seq);
            hashes.push(hash.clone());
        }
        if !lines.is_empty() {
            sqlx::query!(
                "insert into audit.seal (position, seq, hash)
                 select * from unnest($1::bigint[], $2::bigint[], $3::bytea[])",
                &positions,
                &seqs,
                &hashes,
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
        }
        i64::try_from(lines.len()).map_err(Failure::broken)
    }

    /// Keeps the newest hash, signed, once a minute or after a thousand lines.
    async fn keep_signed(&self) -> Fallible<()> {
        let now = self.core.clock.now();
        let end = sqlx::query_as!(
            End,
            "select position, hash from audit.seal order by position desc limit 1"
        );
        let Some(end) = end.fetch_optional(&self.core.db).await? else {
            return Ok(());
        };
        let new = end.position - self.kept.position.load(Ordering::Relaxed);
        let since = now.unix_timestamp() - self.kept.at.load(Ordering::Relaxed);
        if new == 0 || (new < AT_ONCE && since < BETWEEN) {
            return Ok(());
        }
        // A chain that somebody made anew is not signed: then the last signed hash still tells.
        if let Some(fault) = self.contradiction(&self.signed(1).await?).await? {
            metrics::counter!("audit_chain_broken").increment(1);
            tracing::error!(fault, "the audit log is not what was signed: nothing more is signed");
            return Ok(());
        }
        let mut checkpoint = Checkpoint {
            position: end.position,
            hash: hex::encode(&end.hash),
            at: now.format(&Rfc3339).map_err(Failure::broken)?,
            kid: String::new(),
            signature: String::new(),
        };
        let (kid, signature) = self.core.vault.sign_audit(&checkpoint.signed_text());
        (checkpoint.kid, checkpoint.signature) = (kid, signature);
        let text = serde_json::to_vec(&checkpoint).map_err(Failure::broken)?;
        let key = format!("{}{:020}.json", folder(now.date()), checkpoint.position);
        self.storage.put(&key, &text).await?;
        tracing::info!(
            position = checkpoint.position,
            hash = checkpoint.hash,
            signature = checkpoint.signature,
            "the audit log is sealed"
        );
        self.kept.position.store(end.position, Ordering::Relaxed);
        self.kept.at.store(now.unix_timestamp(), Ordering::Relaxed);
        Ok(())
    }

    /// Looks through the whole log: every line against its hash, nothing missing or slipped in, the chain against the
    /// signed hashes of the last month.
    pub async fn verify(&self) -> Fallible<Verified> {
        let signed = self.signed(DAYS).await?;
        let known = signed.as_ref().map_or(&[][..], Vec::as_slice);
        let mut found = Verified {
            sealed: 0,
            waiting: 0,
            signed_through: known.iter().map(|signed| signed.position).max(),
            fault: self.contradiction(&signed).await?,
        };
        if found.fault.is_some() {
            return Ok(found);
        }
        let mut hash = Vec::new();
        loop {
            let seals = sqlx::query!(
                "select position, seq, hash from audit.seal where position > $1 order by position limit $2",
                found.sealed,
                AT_ONCE,
            )
            .fetch_all(&self.core.db)
            .await?;
            if seals.is_empty() {
                break;
            }
            let seqs: Vec<i64> = seals.iter().map(|seal| seal.seq).collect();
            let lines = sqlx::query_as!(
                Line,
                "select seq, audit_id, at, actor_kind, actor_id, role, session_id, action, object_kind, object_id, reason,
                        outcome, device, trace_id
                   from audit.entry
                  where seq = any($1)",
                &seqs,
            )
            .fetch_all(&self.core.db)
            .await?;
            for seal in seals {
                let line = lines.iter().find(|line| line.seq == seal.seq);
                let right = line.map(|line| line.hash(&hash)).transpose()?;
                let fault = match &right {
                    _ if seal.position != found.sealed + 1 => {
                        Some(format!("position {} of the chain is gone", found.sealed + 1))
                    }
                    None => Some(format!("line {} is gone", seal.seq)),
                    Some(right) if right.as_slice() != seal.hash => Some(format!("line {} was changed", seal.seq)),
                    Some(_) => None,
                };
                if fault.is_some() {
                    return Ok(Verified { fault, ..found });
                }
                hash = seal.hash;
                found.sealed = seal.position;
            }
        }
        let mut tx = self.core.begin().await?;
        be_patient(&mut tx).await?;
        let unsealed = sqlx::query!(
            r#"select count(*) as "waiting!", min(seq) filter (where at < $1) as first_old
                 from audit.entry e
                where not exists (select from audit.seal s where s.seq = e.seq)"#,
            self.core.clock.now() - PATIENCE,
        )
        .fetch_one(&mut *tx)
        .await?;
        found.waiting = unsealed.waiting;
        found.fault = unsealed.first_old.map(|seq| format!("line {seq} was never sealed"));
        Ok(found)
    }

    /// The first and the last signed hash of each of the last `days` on which there were any, the oldest first; in words
    /// when one is not ours.
    async fn signed(&self, days: i64) -> Fallible<Result<Vec<Checkpoint>, String>> {
        let today = self.core.clock.now().date();
        let (mut found, mut left) = (Vec::new(), days);
        for back in 0..DAYS {
            let mut keys = self.storage.list(&folder(today - Duration::days(back))).await?;
            keys.sort_unstable();
            keys.dedup();
            let ends = [keys.first().cloned(), keys.last().cloned().filter(|_| keys.len() > 1)];
            if keys.is_empty() {
                continue;
            }
            for key in ends.into_iter().flatten() {
                let bytes = self.storage.get(&key).await?.unwrap_or_default();
                let checkpoint = serde_json::from_slice::<Checkpoint>(&bytes).ok();
                let ours = checkpoint.filter(|found| {
                    let vault = &self.core.vault;
                    vault.is_audit_signature(&found.kid, &found.signed_text(), &found.signature)
                });
                let Some(ours) = ours else {
                    return Ok(Err(format!("{key} is not signed by a key of ours")));
                };
                found.push(ours);
            }
            left -= 1;
            if left == 0 {
                break;
            }
        }
        found.sort_by_key(|checkpoint| checkpoint.position);
        Ok(Ok(found))
    }

    /// What the chain says otherwise than what was signed.
    async fn contradiction(&self, signed: &Result<Vec<Checkpoint>, String>) -> Fallible<Option<String>> {
        let signed = match signed {
            Ok(signed) => signed,
            Err(fault) => return Ok(Some(fault.clone())),
        };
        for checkpoint in signed {
            let (position, at) = (checkpoint.position, &checkpoint.at);
            let stands = sqlx::query_scalar!("select hash from audit.seal where position = $1", position)
                .fetch_optional(&self.core.db)
                .await?;
            let fault = match stands {
                None => format!("position {position} is gone, and was signed at {at}"),
                Some(hash) if hex::encode(&hash) != checkpoint.hash => {
                    format!("position {position} is not what was signed at {at}")
                }
                Some(_) => continue,
            };
            return Ok(Some(fault));
        }
        Ok(None)
    }
}

/// A statement may take its time: the whole log is looked at.
async fn be_patient(connection: &mut PgConnection) -> Fallible<()> {
    sqlx::query!("select set_config('statement_timeout', '10min', true) as set")
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Where the signed hashes of a day (UTC) are.
fn folder(day: Date) -> String {
    format!("audit/{day}/")
}
