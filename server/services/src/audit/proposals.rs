//! Reading proposals: each role sees the kinds it has a part in, the auditor all.

use super::Audit;
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error, Page, PageRequest, Role,
    audit::{End, Proposal, ProposalKind, Verdict},
    id::{ProposalId, UserId},
};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A proposal with its end, if it has one.
struct ProposalRow {
    proposal_id: Uuid,
    kind: String,
    subject: String,
    title: String,
    payload: Value,
    diff: Value,
    reason: String,
    maker: Uuid,
    maker_role: String,
    made_at: OffsetDateTime,
    verdict: Option<String>,
    checker: Option<Uuid>,
    checker_role: Option<String>,
    end_reason: Option<String>,
    checked_at: Option<OffsetDateTime>,
}

macro_rules! proposals {
    ($tail:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            ProposalRow,
            r#"select p.proposal_id, p.kind, p.subject, p.title, p.payload, p.diff, p.reason, p.maker, p.maker_role, p.made_at,
                      v.verdict as "verdict?", v.checker as "checker?", v.checker_role as "checker_role?",
                      v.reason as "end_reason?", v.checked_at as "checked_at?"
               from audit.proposal p
               left join audit.verdict v using (proposal_id) "# + $tail,
            $($argument),+
        )
    };
}

impl Audit {
    pub(super) async fn page_of_proposals(
        &self,
        actor: &Actor,
        closed: bool,
        page: PageRequest,
    ) -> Fallible<Page<Proposal>> {
        let role = actor.staff(&Role::STAFF)?.role;
        let after = page.after.as_deref().map(str::parse::<ProposalId>).transpose();
        let after = after.map_err(|_| Error::fault("after", "cursor", "Penanda halaman tidak dikenal."))?;
        let mut rows = proposals!(
            "where p.kind = any($1) and (v.proposal_id is not null) = $2 and ($3::uuid is null or p.proposal_id < $3)
             order by p.proposal_id desc limit $4",
            &kinds_for(role),
            closed,
            after.map(|id| id.0),
            page.limit() + 1,
        )
        .fetch_all(&self.core.db)
        .await?;
        let limit = usize::try_from(page.limit()).map_err(Failure::broken)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.proposal_id.to_string());
        let items = rows
            .into_iter()
            .map(|row| row.parse().map(|(proposal, _)| proposal))
            .collect::<Fallible<_>>()?;
        Ok(Page { items, next })
    }

    pub(super) async fn proposal_for(&self, actor: &Actor, id: ProposalId) -> Fallible<Proposal> {
        let role = actor.staff(&Role::STAFF)?.role;
        let mut connection = self.core.db.acquire().await?;
        let (proposal, _) = row_of(&mut connection, role, id).await?.ok_or(Error::NotFound)?;
        Ok(proposal)
    }
}

/// One proposal with its payload, when `role` may read its kind.
pub(super) async fn row_of(
    connection: &mut PgConnection,
    role: Role,
    id: ProposalId,
) -> Fallible<Option<(Proposal, Value)>> {
    proposals!("where p.kind = any($1) and p.proposal_id = $2", &kinds_for(role), id.0)
        .fetch_optional(connection)
        .await?
        .map(ProposalRow::parse)
        .transpose()
}

fn kinds_for(role: Role) -> Vec<String> {
    let kinds = ProposalKind::ALL.iter().filter(|kind| kind.shows_to(role));
    kinds.map(ToString::to_string).collect()
}

impl ProposalRow {
    fn parse(self) -> Fallible<(Proposal, Value)> {
        let role = |text: &str| Role::parse(text).ok_or_else(|| Failure::broken("unknown role"));
        let end = match (self.verdict, self.checker, self.checker_role, self.checked_at) {
            (Some(verdict), Some(checker), Some(checker_role), Some(at)) => Some(End {
                verdict: verdict.parse::<Verdict>().map_err(Failure::broken)?,
                checker: UserId(checker),
                checker_role: role(&checker_role)?,
                reason: self.end_reason.unwrap_or_default(),
                at,
            }),
            _ => None,
        };
        let proposal = Proposal {
            id: ProposalId(self.proposal_id),
            kind: self.kind.parse().map_err(Failure::broken)?,
            subject: self.subject,
            title: self.title,
            diff: serde_json::from_value(self.diff).map_err(Failure::broken)?,
            reason: self.reason,
            maker: UserId(self.maker),
            maker_role: role(&self.maker_role)?,
            made_at: self.made_at,
            end,
        };
        Ok((proposal, self.payload))
    }
}
