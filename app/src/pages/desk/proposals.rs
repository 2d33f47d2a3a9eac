//! `/petugas/usulan`: what waits for a second person, and what became of it.

use super::room::{Numbers, decider, difference, loans_in, outrun, role, room};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, Hidden, Kind, Setback, TextareaField, Tone, page_title,
        staff::{Filter, Filters, Place, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, PageRequest, Refusal,
    audit::{Change, Proposal, Verdict},
    id::{LoanId, UserId},
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;
use time::OffsetDateTime;

/// Proposals, waiting or ended.
#[component]
pub fn ProposalsPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        let closed = visit.query("daftar") == "selesai";
        let after = Some(visit.query("sesudah").to_owned()).filter(|after| !after.is_empty());
        let page = PageRequest { limit: 20, after };
        let list = match visit.backend.audit.list_proposals(&visit.actor, closed, page).await {
            Ok(list) => list,
            Err(error) => return failure(&error),
        };
        let filter = |words: &str, href: &str, current: bool| Filter {
            words: words.into(),
            href: href.into(),
            current,
        };
        let filters = vec![
            filter("Menunggu", "/petugas/usulan", !closed),
            filter("Selesai", "/petugas/usulan?daftar=selesai", closed),
        ];
        let empty = list
            .items
            .is_empty()
            .then(|| view! { <p class="text-muted">"Tidak ada usulan."</p> });
        let more = list.next.map(|next| {
            let which = if closed { "selesai" } else { "" };
            view! { <a class="text-small" href=format!("/petugas/usulan?daftar={which}&sesudah={next}")>"Lebih lama"</a> }
        });
        let form = visit.form("/_fn/petugas/close_proposal");
        let named = form.value("proposal");
        let shown = list
            .items
            .iter()
            .any(|item| item.id.to_string() == named && may_decide(&visit, item));
        let load = async {
            let named = match shown {
                true => None,
                false => ended(&visit, &named).await?,
            };
            let ids = list.items.iter().flat_map(named_loans);
            Ok((decider(&visit, named).await?, Numbers::load(&visit, ids).await?))
        };
        let (decided, numbers) = match load.await {
            Ok(loaded) => loaded,
            Err(error) => return failure(&error),
        };
        let faults = || outrun(form.faults(), Refusal::ProposalClosed, "Usulan", decided.as_ref());
        let setback = (!shown).then(|| view! { <Setback faults=faults()/> });
        let items = list
            .items
            .iter()
            .map(|item| proposal(&visit, &numbers, item))
            .collect_view();
        let title = page_title("Usulan", &form.faults());
        let main = view! {
            <StaffHead above="Yang mengusulkan tidak memutuskan" title="Usulan"/>
            {flash_notice()}
            {setback}
            <Filters options=filters/>
            {empty}
            {items}
            {more}
        };
        let page = room(&visit, Place::Proposals, main.into_any());
        view! { <Title text=title/>{page} }.into_any()
    })
}

/// Who ended the proposal of a form that came back, and when: it is among the newest that ended, or long gone.
async fn ended(visit: &Visit, named: &str) -> Result<Option<(UserId, OffsetDateTime)>, Error> {
    if named.is_empty() {
        return Ok(None);
    }
    let page = PageRequest { limit: 20, after: None };
    let list = visit.backend.audit.list_proposals(&visit.actor, true, page).await?;
    let found = list.items.into_iter().find(|item| item.id.to_string() == named);
    Ok(found.and_then(|item| item.end).map(|end| (end.checker, end.at)))
}

/// The loans that a proposal names by their ids.
fn named_loans(item: &Proposal) -> Vec<LoanId> {
    let texts = item.diff.iter().flat_map(|change| [&change.before, &change.after]);
    texts.chain([&item.subject]).flat_map(|text| loans_in(text)).collect()
}

fn proposal(visit: &Visit, numbers: &Numbers, item: &Proposal) -> impl IntoView + use<> {
    let made = format!(
        "{} · {} · {}",
        item.kind.words(),
        item.maker_role.words(),
        text::moment(item.made_at)
    );
    let end = item.end.as_ref().map(|end| {
        let tone = if end.verdict == Verdict::Approved {
            Tone::Success
        } else {
            Tone::Warning
        };
        let words = format!(
            "{} · {} · {}",
            end.checker_role.words(),
            text::moment(end.at),
            end.reason
        );
        let verdict = end.verdict.words();
        view! { <p class="text-small"><Badge tone=tone>{verdict}</Badge>" "{words}</p> }
    });
    let subject = numbers.in_text(&item.subject);
    let told = |change: &Change| Change {
        what: change.what.clone(),
        before: numbers.in_text(&change.before),
        after: numbers.in_text(&change.after),
    };
    let diff: Vec<_> = item.diff.iter().map(told).collect();
    let changes = difference(&format!("{made}, {subject}"), &diff);
    let decide = decision(visit, item);
    view! {
        <section class="card stack-3" id=item.id.to_string()>
            <div><p class="text-micro text-subtle numeric">{made}</p><h2>{item.title.clone()}</h2><p class="text-micro text-muted numeric">{subject}</p></div>
            <p>{item.reason.clone()}</p>
            {changes}
            {end}
            {decide}
        </section>
    }
}

fn is_own(visit: &Visit, item: &Proposal) -> bool {
    visit.actor.session().is_some_and(|who| who.user_id == item.maker)
}

fn may_decide(visit: &Visit, item: &Proposal) -> bool {
    item.end.is_none() && (is_own(visit, item) || item.kind.checkers().contains(&role(visit)))
}

/// Approve and reject for a second person, withdraw for the maker, nothing for a reader.
fn decision(visit: &Visit, item: &Proposal) -> Option<impl IntoView + use<>> {
    if !may_decide(visit, item) {
        return None;
    }
    let own = is_own(visit, item);
    let state = visit.form("/_fn/petugas/close_proposal");
    let mine = state.value("proposal") == item.id.to_string();
    let (faults, typed) = if mine {
        (state.faults(), state.value("reason"))
    } else {
        Default::default()
    };
    // The summary of faults leads to the one form that has some; the others may not have its id.
    let id = if mine {
        "reason".to_owned()
    } else {
        format!("reason-{}", item.id)
    };
    let buttons = if own {
        view! { <Button kind=Kind::Secondary name="verdict" value="withdrawn">"Tarik usulan"</Button> }.into_any()
    } else {
        view! {
            <Button name="verdict" value="approved">"Setujui"</Button>
            <Button kind=Kind::Danger name="verdict" value="rejected">"Tolak"</Button>
        }
        .into_any()
    };
    Some(view! {
        <form class="stack-3 decision" method="post" action="/_fn/petugas/close_proposal">
            <ErrorSummary faults=faults.clone()/>
            <CsrfField/>
            <Hidden name="proposal" value=item.id.to_string()/>
            <TextareaField label="Catatan" name="reason" id=id value=typed error=faults.of("reason") hint="Wajib bila menolak atau menarik.".to_owned() maxlength=500/>
            <div class="decision__buttons">{buttons}</div>
        </form>
    })
}
