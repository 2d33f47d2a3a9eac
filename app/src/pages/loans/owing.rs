//! The part of Beranda for somebody who owes: balance, bill, early payoff, other loans.

use super::{
    home::{first, in_progress},
    words::{instalment_names, late_fee_rule, status_look},
};
use crate::{
    components::{
        Badge, Balance, Bill, Button, CardLink, Kind, List, ListRow, Main, Shortcut, Shortcuts, Symbol, Tone,
    },
    visit::Visit,
};
use domain::{loans::Loan, payments::servicing::Position, text, users::Profile};
use leptos::prelude::*;

/// What is owed, the bill, the ways on.
pub(super) fn hero(
    visit: &Visit,
    profile: &Profile,
    (loan, position): (&Loan, &Position),
    others: &[(&Loan, &Position)],
    open: Option<&Loan>,
    activity: AnyView,
) -> AnyView {
    let count = u32::try_from(position.lines.len()).unwrap_or(u32::MAX);
    let id = loan.id;
    let others = (!others.is_empty()).then(|| {
        let rows = others
            .iter()
            .map(|(loan, position)| other_loan(loan, position))
            .collect_view();
        view! { <section><h2 class="text-label text-muted">"Pinjaman lain"</h2><List>{rows}</List></section> }
    });
    let (debt, principal, interest) = (
        position.outstanding().to_string(),
        position.outstanding_principal.to_string(),
        position.outstanding_interest.to_string(),
    );
    let (paid, bill, payoff) = (
        position.paid_count,
        bill(visit, loan, position, count),
        payoff(loan, position),
    );
    let (first, open) = (first(profile), open.map(|open| in_progress(open, false)));
    view! {
        <Main class="page page--cards page--split stack-3">
            <div>
                <Balance owed=debt principal=principal interest=interest paid=paid count=count/>
                {bill}
            </div>
            <div class="stack-3">
                {first}
                {open}
                <Shortcuts>
                    <Shortcut icon=Symbol::Calendar href=format!("/pinjaman/{id}")>"Jadwal cicilan"</Shortcut>
                    <Shortcut icon=Symbol::Document href=format!("/pinjaman/{id}/perjanjian")>"Perjanjian"</Shortcut>
                    <Shortcut icon=Symbol::Plus href="/ajukan">"Pinjam lagi"</Shortcut>
                </Shortcuts>
                {payoff}
                <p class="text-small">
                    "Dari mana angka ini? " <a href=format!("/pinjaman/{id}/hitungan#sisa")>"Sisa utang"</a> ", "
                    <a href=format!("/pinjaman/{id}/hitungan#lunas")>"pelunasan"</a> ", "
                    <a href=format!("/pinjaman/{id}/hitungan#batas")>"batas biaya"</a> "."
                </p>
                {others}
                {activity}
            </div>
        </Main>
    }
    .into_any()
}

fn bill(visit: &Visit, loan: &Loan, position: &Position, count: u32) -> Option<AnyView> {
    let bill = position.bill.as_ref()?;
    let late = position.days_past_due > 0;
    let badge_words = text::days_until(visit.today(), bill.due_on);
    let badge = match late {
        true => view! { <Badge tone=Tone::Danger icon=Symbol::Alert>{badge_words}</Badge> },
        false => view! { <Badge tone=Tone::Warning icon=Symbol::Clock>{badge_words}</Badge> },
    };
    let detail = if bill.late_fee.is_positive() {
        let rule = late_fee_rule(loan.quote.simulation.product.late_fee);
        view! { "Termasuk denda " <span class="numeric">{bill.late_fee.to_string()}</span> {format!(" ({rule})")} }
            .into_any()
    } else {
        format!("Jatuh tempo {}", text::date_full(bill.due_on)).into_any()
    };
    let title = match bill.instalments.as_slice() {
        [_] => format!("{} dari {count}", instalment_names(&bill.instalments)),
        numbers => instalment_names(numbers),
    };
    let frozen = position.late_fee_frozen.then(|| {
        view! { <p class="text-small text-muted">"Denda sedang berhenti."</p> }
    });
    let ways_out = format!("/pinjaman/{}/jalan-keluar", loan.id);
    let help = late.then(|| view! { <Button kind=Kind::Secondary href=ways_out>"Sedang sulit membayar?"</Button> });
    let (href, derivation) = (
        format!("/bayar/{}", loan.id),
        format!("/pinjaman/{}/hitungan#tagihan", loan.id),
    );
    Some(
        view! {
            <Bill title=title badge=badge.into_any() amount=bill.total.to_string() detail=detail>
                {frozen}
                <p class="text-small"><a href=derivation>"Dari mana angka ini?"</a></p>
                <Button href=href>"Bayar tagihan"</Button>
                {help}
            </Bill>
        }
        .into_any(),
    )
}

fn payoff(loan: &Loan, position: &Position) -> Option<impl IntoView + use<>> {
    let payoff = position.payoff;
    payoff.total.is_positive().then(|| {
        let saved = payoff.interest_saved.is_positive().then(|| {
            view! { <span class="text-small text-success">"Bunga berkurang "<span class="numeric">{payoff.interest_saved.to_string()}</span></span> }
        });
        view! {
            <CardLink href=format!("/bayar/{}?untuk=lunas", loan.id)>
                <b class="text-label">"Lunasi hari ini "<span class="numeric">{payoff.total.to_string()}</span></b>
                {saved}
            </CardLink>
        }
    })
}

fn other_loan(loan: &Loan, position: &Position) -> impl IntoView + use<> {
    let (tone, _) = status_look(loan.status);
    let words = loan.status.words(position.days_past_due);
    view! {
        <ListRow icon=Symbol::Loan title=loan.number.clone() detail=format!("Sisa {}", position.outstanding()) href=format!("/pinjaman/{}", loan.id)>
            <Badge tone=tone>{words}</Badge>
        </ListRow>
    }
}
