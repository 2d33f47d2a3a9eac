//! What the staff rooms share: navigation by role, the table of a difference, and the form fields of a reason.

use crate::{
    components::{
        Faults,
        staff::{Place, StaffFrame, StaffMain},
    },
    routes::RECONCILIATION_STAFF,
    visit::Visit,
};
use domain::{
    Refusal, Result, Role,
    audit::{Change, ProposalKind},
    id::{LoanId, UserId},
    payments::{BOOK_READERS, MONEY_READERS},
    text,
};
use leptos::prelude::*;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// The places a role may open; `waiting` is shown beside the queue.
pub(super) fn places(role: Role, waiting: u64) -> Vec<(Place, u64)> {
    let mut places = vec![(Place::Queue, waiting)];
    let rooms = [
        (ProposalKind::Product, Place::Products),
        (ProposalKind::Cap, Place::Caps),
        (ProposalKind::Policy, Place::Policies),
        (ProposalKind::Relief, Place::Relief),
        (ProposalKind::Waiver, Place::Late),
    ];
    let open = rooms.into_iter().filter(|(kind, _)| kind.shows_to(role));
    places.extend(open.map(|(_, place)| (place, 0)));
    places.extend(MONEY_READERS.contains(&role).then_some((Place::Money, 0)));
    if RECONCILIATION_STAFF.contains(&role) {
        places.push((Place::Reconciliation, 0));
    }
    places.extend(BOOK_READERS.contains(&role).then_some((Place::Books, 0)));
    places.push((Place::Proposals, 0));
    places
}

/// The role of the reader.
pub(super) fn role(visit: &Visit) -> Role {
    visit.actor.session().map_or(Role::Support, |session| session.role)
}

/// The name of the reader.
pub(super) fn name(visit: &Visit) -> String {
    visit
        .actor
        .session()
        .map_or_else(String::new, |session| session.name.clone())
}

/// The numbers that people use for the loans of a page.
pub(super) struct Numbers(BTreeMap<LoanId, String>);

impl Numbers {
    /// Asks for the numbers of `loans`.
    pub(super) async fn load(visit: &Visit, loans: impl IntoIterator<Item = LoanId>) -> Result<Self> {
        let loans: Vec<LoanId> = loans.into_iter().collect();
        if loans.is_empty() {
            return Ok(Self(BTreeMap::new()));
        }
        Ok(Self(visit.backend.loans.numbers(&visit.actor, &loans).await?))
    }

    /// "SGP-4F7K2"; the record's own id where nobody gave it a number.
    pub(super) fn of(&self, loan: LoanId) -> String {
        self.0.get(&loan).cloned().unwrap_or_else(|| loan.to_string())
    }

    /// The same text with numbers in the place of ids.
    pub(super) fn in_text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (id, number)| {
            text.replace(&id.to_string(), number)
        })
    }
}

/// The loans that a text names by their ids.
pub(super) fn loans_in(text: &str) -> impl Iterator<Item = LoanId> {
    text.split(|sign: char| !sign.is_ascii_hexdigit() && sign != '-')
        .filter_map(|word| word.parse().ok())
}

/// "Rani A.": a colleague as a short line names them.
fn short(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().unwrap_or_default();
    match words.next().and_then(|word| word.chars().next()) {
        Some(initial) => format!("{first} {initial}."),
        None => first.to_owned(),
    }
}

/// Who decided a case, and when, as a short line names them; none when no person did.
pub(super) async fn decider(
    visit: &Visit,
    decided: Option<(UserId, OffsetDateTime)>,
) -> Result<Option<(String, OffsetDateTime)>> {
    let Some((officer, at)) = decided else { return Ok(None) };
    let name = visit.backend.auth.colleague(&visit.actor, officer).await?;
    Ok(name.map(|name| (short(&name), at)))
}

/// What a form says that was refused because somebody else was quicker: who decided `what`, and when.
pub(super) fn outrun(
    faults: Faults,
    refusal: Refusal,
    what: &str,
    decided: Option<&(String, OffsetDateTime)>,
) -> Faults {
    let words = decided.map(|(name, at)| {
        let time = text::time_of_day(*at);
        format!("{what} ini baru saja diputuskan oleh {name} pukul {time}.")
    });
    faults.told(refusal.code(), words)
}

/// Navigation and `main` side by side.
pub(super) fn room(visit: &Visit, place: Place, main: AnyView) -> AnyView {
    view! {
        <StaffFrame current=place places=places(role(visit), 0) name=name(visit) role=role(visit).words()>
            <StaffMain>{main}</StaffMain>
        </StaffFrame>
    }
    .into_any()
}

/// What changes, before and after; `of` tells it from the others of its page.
pub(super) fn difference(of: &str, changes: &[Change]) -> AnyView {
    let rows = changes
        .iter()
        .map(|change| {
            let dash = |words: &str| if words.is_empty() { "–".to_owned() } else { words.to_owned() };
            view! { <tr><th scope="row">{change.what.clone()}</th><td class="data-table__text">{dash(&change.before)}</td><td class="data-table__text">{dash(&change.after)}</td></tr> }
        })
        .collect_view();
    let label = format!("Perubahan, {of}");
    view! {
        <div class="table-scroll" role="region" aria-label=label tabindex="0">
            <table class="data-table">
                <thead><tr><th scope="col">"Yang berubah"</th><th scope="col" class="data-table__text">"Sekarang"</th><th scope="col" class="data-table__text">"Menjadi"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A plain table of names and values; no other one on its page has its caption.
pub(super) fn fields(caption: String, rows: Vec<(String, String)>) -> AnyView {
    let rows = rows
        .into_iter()
        .map(|(name, value)| view! { <tr><th scope="row">{name}</th><td class="data-table__text">{value}</td></tr> })
        .collect_view();
    view! {
        <div class="table-scroll" role="region" aria-label=caption tabindex="0">
            <table class="data-table"><tbody>{rows}</tbody></table>
        </div>
    }
    .into_any()
}

/// A heading, and a table or the words for none.
pub(super) fn section(title: &'static str, heads: &[&'static str], rows: Vec<AnyView>, empty: &'static str) -> AnyView {
    let content = if rows.is_empty() {
        view! { <p class="text-muted">{empty}</p> }.into_any()
    } else {
        let heads = heads
            .iter()
            .map(|words| match *words {
                "" => view! { <td></td> }.into_any(),
                words => view! { <th scope="col">{words}</th> }.into_any(),
            })
            .collect_view();
        view! {
            <div class="table-scroll" role="region" aria-label=title tabindex="0">
                <table class="data-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>
            </div>
        }
        .into_any()
    };
    view! { <section class="card stack-3"><h2>{title}</h2>{content}</section> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Fault;
    use time::macros::datetime;

    #[test]
    fn a_case_that_somebody_else_decided_says_who_and_when() {
        let refused = || Faults::from(vec![Fault::new("", "already_decided", "Sudah diputuskan.")]);
        let decided = (short("Rani Anggraini"), datetime!(2026-09-04 03:14 UTC));
        let words = outrun(refused(), Refusal::AlreadyDecided, "Pengajuan", Some(&decided)).of("");
        assert_eq!(
            words.as_deref(),
            Some("Pengajuan ini baru saja diputuskan oleh Rani A. pukul 10.14.")
        );
        assert_eq!(outrun(refused(), Refusal::AlreadyDecided, "Pengajuan", None), refused());
        assert_eq!(short("Rani"), "Rani");
    }

    #[test]
    fn ids_of_loans_become_numbers_wherever_they_stand() {
        let id = LoanId(uuid::Uuid::from_u128(7));
        let text = format!("Pembayaran pinjaman {id}, tanggal 5 Desember");
        assert_eq!(loans_in(&text).collect::<Vec<_>>(), [id]);
        let numbers = Numbers([(id, "SGP-4F7K2M".to_owned())].into());
        assert_eq!(
            numbers.in_text(&text),
            "Pembayaran pinjaman SGP-4F7K2M, tanggal 5 Desember"
        );
        assert_eq!(numbers.of(LoanId(uuid::Uuid::from_u128(8))).len(), 36);
    }

    #[test]
    fn a_role_is_offered_only_rooms_it_may_enter() {
        let of = |role| places(role, 0).into_iter().map(|(place, _)| place).collect::<Vec<_>>();
        let (relief, late, money) = (Place::Relief, Place::Late, Place::Money);
        let last = [Place::Reconciliation, Place::Books, Place::Proposals];
        assert_eq!(of(Role::Collector), [Place::Queue, relief, late, Place::Proposals]);
        assert_eq!(
            of(Role::Support),
            [
                Place::Queue,
                relief,
                late,
                money,
                Place::Reconciliation,
                Place::Proposals
            ]
        );
        let analyst = [&[Place::Queue, Place::Policies, relief, late, money], &last[..]].concat();
        assert_eq!(of(Role::Analyst), analyst);
        let rules = [Place::Queue, Place::Products, Place::Caps, Place::Policies];
        for role in [Role::Approver, Role::Auditor] {
            assert_eq!(of(role), [&rules[..], &[relief, late, money], &last[..]].concat());
        }
        assert_eq!(of(Role::Superadmin), [&rules[..], &last[..]].concat());
    }
}
