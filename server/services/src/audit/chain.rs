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
use std::sync::atomic::{AtomicI64, Ordering};
use time::{Date, Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

/// Lines sealed in one transaction.
const AT_ONCE: i64 = 1_000;
/// A line may be committed after so many later ones.
const OVERTAKEN: i64 = 10_000;
/// A signed hash is kept once in so many seconds, or after [`AT_ONCE`] lines.
const BETWEEN: i64 = 60;
/// A line that is not sealed so long after it was written was slipped past the chain, or nobody seals.
const PATIENCE: Duration = Duration::minutes(5);
/// So many days back the newest signed hash is looked for.
const DAYS: i64 = 31;

/// When this process kept the last signed hash.
#[derive(Default)]
pub(super) struct Kept {
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

/// The end of the chain: position, hash, largest number of a line.
struct End {
    position: i64,
    hash: Vec<u8>,
}

impl Audit {
    /// Seals what was committed since, and keeps a signed hash when one is due. Idempotent; one at a time, whoever
    /// else tries meanwhile does nothing. Returns how many lines it sealed.
    pub async fn seal(&self) -> Fallible<i64> {
        let mut sealed = 0;
        loop {
            let some = self.seal_some().await?;
            sealed += some;
            if some < AT_ONCE {
                break;
            }
        }
        self.keep_signed().await?;
        Ok(sealed)
    }

    async fn seal_some(&self) -> Fallible<i64> {
        let mut tx = self.core.begin().await?;
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
        let lines = sqlx::query_as!(
            Line,
            "select seq, audit_id, at, actor_kind, actor_id, role, session_id, action, object_kind, object_id, reason,
                    outcome, device, trace_id
               from audit.entry e
              where seq > coalesce((select max(seq) from audit.seal), 0) - $1
                and not exists (select from audit.seal s where s.seq = e.seq)
              order by seq
              limit $2",
            OVERTAKEN,
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

    /// Looks through the whole log: every line against its hash, nothing missing or slipped in, the end against the
    /// newest signed hash.
    pub async fn verify(&self) -> Fallible<Verified> {
        let signed = match self.newest_signed().await? {
            Ok(signed) => signed,
            Err(fault) => {
                return Ok(Verified {
                    sealed: 0,
                    waiting: 0,
                    signed_through: None,
                    fault: Some(fault),
                });
            }
        };
        let mut found = Verified {
            sealed: 0,
            waiting: 0,
            signed_through: signed.as_ref().map(|signed| signed.position),
            fault: None,
        };
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
                let fault = match (&right, signed.as_ref()) {
                    _ if seal.position != found.sealed + 1 => {
                        Some(format!("position {} of the chain is gone", found.sealed + 1))
                    }
                    (None, _) => Some(format!("line {} is gone", seal.seq)),
                    (Some(right), _) if right.as_slice() != seal.hash => Some(format!("line {} was changed", seal.seq)),
                    (_, Some(signed)) if signed.position == seal.position && signed.hash != hex::encode(&seal.hash) => {
                        Some(format!(
                            "position {} is not what was signed at {}",
                            seal.position, signed.at
                        ))
                    }
                    _ => None,
                };
                if fault.is_some() {
                    return Ok(Verified { fault, ..found });
                }
                hash = seal.hash;
                found.sealed = seal.position;
            }
        }
        if let Some(signed) = signed.filter(|signed| signed.position > found.sealed) {
            let fault = format!(
                "the chain ends at {}, and {} was signed at {}",
                found.sealed, signed.position, signed.at
            );
            found.fault = Some(fault);
            return Ok(found);
        }
        let unsealed = sqlx::query!(
            r#"select count(*) as "waiting!", min(seq) filter (where at < $1) as first_old
                 from audit.entry e
                where not exists (select from audit.seal s where s.seq = e.seq)"#,
            self.core.clock.now() - PATIENCE,
        )
        .fetch_one(&self.core.db)
        .await?;
        found.waiting = unsealed.waiting;
        found.fault = unsealed.first_old.map(|seq| format!("line {seq} was never sealed"));
        Ok(found)
    }

    /// The signed hash that stands furthest, of the last days; in words when it is not ours.
    async fn newest_signed(&self) -> Fallible<Result<Option<Checkpoint>, String>> {
        let today = self.core.clock.now().date();
        for back in 0..DAYS {
            let keys = self.storage.list(&folder(today - Duration::days(back))).await?;
            let Some(key) = keys.into_iter().max() else { continue };
            let bytes = self.storage.get(&key).await?.unwrap_or_default();
            let found = serde_json::from_slice::<Checkpoint>(&bytes).ok();
            let signed = found.filter(|found| {
                let vault = &self.core.vault;
                vault.is_audit_signature(&found.kid, &found.signed_text(), &found.signature)
            });
            return Ok(match signed {
                Some(signed) => Ok(Some(signed)),
                None => Err(format!("{key} is not signed by a key of ours")),
            });
        }
        Ok(Ok(None))
    }
}

/// Where the signed hashes of a day (UTC) are.
fn folder(day: Date) -> String {
    format!("audit/{day}/")
}
