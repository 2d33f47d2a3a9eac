//! 15: why an application is not approved, and the ways forward. A counter-offer is a new quote with its own consent, and
//! agreeing to it decides this application anew.

use crate::{
    components::{
        Badge, Button, CsrfField, Fact, Facts, GaugeCard, Hidden, Icon, IconSize, Kind, Measure, Symbol, Tile, Tone,
    },
    visit::Visit,
};
use domain::{
    loans::{
        DecisionRecord, Loan,
        counter_offer::{CounterOffer, CounterOfferKind},
        decision::{Effect, Reason, ReasonCode},
    },
    text,
};
use leptos::prelude::*;

/// Everything under the head of a declined application.
pub(super) fn declined(visit: &Visit, loan: &Loan) -> AnyView {
    let decision = loan.decision.as_ref();
    let (title, words) = decision.map_or_else(unknown, |decision| heading(loan, decision));
    view! {
        <div class="stack-2">
            <Badge tone=Tone::Warning icon=Symbol::Alert>"Belum disetujui"</Badge>
            <h1>{title}</h1>
            <p class="text-muted">{words}</p>
        </div>
        {decision.map(gauge)}
        {decision.map(reasons)}
        {decision.map(|decision| ways_on(visit, loan, decision))}
        <div class="stack-3">
            {loan.may_ask_review.then(|| review_form(visit, loan))}
            <p class="text-small text-muted text-centre">"Keputusan ini tidak mengurangi limit Anda."</p>
        </div>
    }
    .into_any()
}

fn unknown() -> (String, String) {
    (
        "Pengajuan belum disetujui".into(),
        "Hubungi kami lewat Bantuan untuk penjelasannya.".into(),
    )
}

/// The main reason as a heading, and one sentence.
fn heading(loan: &Loan, decision: &DecisionRecord) -> (String, String) {
    let engine = &decision.engine;
    if let Some(reason) = &decision.human_reason {
        return ("Petugas belum bisa menyetujui".into(), reason.clone());
    }
    let simulation = &loan.quote.simulation;
    let length = text::tenor(simulation.tenor, simulation.product.every);
    match engine.reasons.first() {
        Some(Reason {
            code: ReasonCode::Affordability,
            ..
        }) => {
            let share = engine
                .share_percent
                .map_or_else(|| "seluruh".to_owned(), |percent| format!("{percent}%"));
            let words = format!(
                "Meminjam {} selama {length} membuat {share} penghasilan Anda habis untuk cicilan. Batasnya {}%.",
                simulation.amount, engine.gauge.share_percent
            );
            ("Cicilannya melewati takaran".into(), words)
        }
        Some(Reason {
            code: ReasonCode::Limit,
            ..
        }) => (
            "Jumlahnya melewati limit".into(),
            format!(
                "Anda meminta {}, sisa limit Anda {}.",
                simulation.amount, engine.limit_available
            ),
        ),
        Some(reason) => (
            reason.words.trim_end_matches('.').to_owned(),
            format!("Karena itu {} belum bisa kami setujui.", simulation.amount),
        ),
        None => unknown(),
    }
}

/// The takaran, where it was looked at.
fn gauge(decision: &DecisionRecord) -> Option<impl IntoView + use<>> {
    let engine = &decision.engine;
    engine.gauge.income.is_positive().then(|| {
        let measure = Measure {
            gauge: engine.gauge,
            new: engine.burden,
        };
        let detail = format!("Penghasilan {} per bulan", engine.gauge.income);
        view! { <GaugeCard measure=measure detail=detail/> }
    })
}

/// Further reasons with their figures; the first one is the heading. What a person alone would have looked at is none.
fn reasons(decision: &DecisionRecord) -> Option<impl IntoView + use<>> {
    if decision.human_reason.is_some() {
        return None;
    }
    let shown = decision.engine.shown_reasons().iter().skip(1);
    let further: Vec<&Reason> = shown.filter(|reason| reason.effect != Effect::Refer).collect();
    (!further.is_empty()).then(|| {
        let rows = further
            .iter()
            .map(|reason| {
                let figures = reason
                    .figures
                    .iter()
                    .map(|figure| format!("{}: {}", figure.label, figure.value))
                    .collect::<Vec<_>>()
                    .join(", ");
                view! { <Fact name=reason.words.clone()><span class="numeric">{figures}</span></Fact> }
            })
            .collect_view();
        view! { <section class="stack-2"><h2>"Alasan lain"</h2><Facts>{rows}</Facts></section> }
    })
}

/// Counter-offers that are still open, longer tenor first; else the calculator.
fn ways_on(visit: &Visit, loan: &Loan, decision: &DecisionRecord) -> AnyView {
    let mut offers: Vec<&CounterOffer> = decision
        .engine
        .counter_offers
        .iter()
        .filter(|offer| offer.valid_until >= visit.today())
        .collect();
    if offers.is_empty() {
        let again = (!decision.engine.counter_offers.is_empty())
            .then(|| view! { <Button href="/ajukan">"Hitung lagi"</Button> });
        return again.into_any();
    }
    offers.sort_by_key(|offer| offer.kind != CounterOfferKind::ShortestTenor);
    let offers = offers
        .into_iter()
        .map(|offer| offer_form(visit, loan, offer))
        .collect_view();
    view! { <section class="stack-3"><h2>"Yang bisa Anda lakukan"</h2>{offers}</section> }.into_any()
}

/// Title and detail of a counter-offer.
fn offer_words(loan: &Loan, offer: &CounterOffer) -> (Symbol, String, String) {
    let length = text::tenor(offer.tenor, loan.quote.simulation.product.every);
    let interest = match offer.extra_interest {
        extra if extra.is_negative() => format!("bunga {extra}"),
        extra => format!("bunga +{extra}"),
    };
    match offer.kind {
        CounterOfferKind::ShortestTenor => (
            Symbol::Calendar,
            format!("Jadikan {length}"),
            format!("{}/bln, {interest}", offer.burden),
        ),
        CounterOfferKind::LargestAmount => (
            Symbol::Money,
            format!("Pinjam {}", offer.amount),
            format!("{}/bln selama {length}", offer.burden),
        ),
        CounterOfferKind::LongestTenor => (
            Symbol::Money,
            format!("Pinjam {}, {length}", offer.amount),
            format!("{}/bln, {interest}", offer.burden),
        ),
    }
}

/// One press asks for a quote of exactly these terms.
fn offer_form(visit: &Visit, loan: &Loan, offer: &CounterOffer) -> impl IntoView + use<> {
    let (icon, title, detail) = offer_words(loan, offer);
    let (amount, tenor, key) = (
        offer.amount.get().to_string(),
        offer.tenor.to_string(),
        visit.key.clone(),
    );
    let purpose = loan.purpose.as_str();
    view! {
        <form class="stack" method="post" action="/_fn/quote">
            <Hidden name="amount" value=amount/>
            <Hidden name="tenor_months" value=tenor/>
            <Hidden name="purpose" value=purpose/>
            <Hidden name="key" value=key/>
            <CsrfField/>
            <button class="choice">
                <Tile icon=icon tone=Tone::Success/>
                <span class="list__body"><b>{title}</b><span class="text-micro text-muted numeric">{detail}</span></span>
                <Icon name=Symbol::Forward size=IconSize::Small/>
            </button>
        </form>
    }
}

fn review_form(visit: &Visit, loan: &Loan) -> impl IntoView + use<> {
    let (id, key) = (loan.id.to_string(), visit.key.clone());
    view! {
        <form class="stack" method="post" action="/_fn/request_review">
            <Hidden name="loan" value=id/>
            <Hidden name="key" value=key/>
            <CsrfField/>
            <Button kind=Kind::Tonal>"Minta ditinjau petugas"</Button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::loans::samples;
    use domain::loans::LoanStatus;

    #[test]
    fn a_refusal_over_the_takaran_reads_as_in_the_design_kit() {
        let quote = samples::quote_of(4_000_000, 3);
        let decision = samples::decision(&quote);
        let loan = samples::loan(LoanStatus::Declined, quote);
        let (title, words) = heading(&loan, &decision);
        assert_eq!(title, "Cicilannya melewati takaran");
        assert_eq!(
            words,
            "Meminjam Rp4.000.000 selama 3 bulan membuat 39% penghasilan Anda habis untuk cicilan. Batasnya 30%."
        );
        let mut offers: Vec<_> = decision
            .engine
            .counter_offers
            .iter()
            .map(|offer| offer_words(&loan, offer))
            .map(|(_, title, detail)| (title, detail))
            .collect();
        offers.sort();
        let expected = [
            (
                "Jadikan 6 bulan".to_owned(),
                "Rp726.200/bln, bunga +Rp155.553".to_owned(),
            ),
            (
                "Pinjam Rp2.800.000".to_owned(),
                "Rp980.384/bln selama 3 bulan".to_owned(),
            ),
        ];
        assert_eq!(offers, expected);
    }

    #[test]
    fn a_persons_reason_comes_before_the_engines() {
        let quote = samples::quote_of(4_000_000, 3);
        let decision = DecisionRecord {
            human_reason: Some("Slip gaji tidak terbaca.".into()),
            ..samples::decision(&quote)
        };
        let loan = samples::loan(LoanStatus::Declined, quote);
        assert_eq!(
            heading(&loan, &decision),
            (
                "Petugas belum bisa menyetujui".into(),
                "Slip gaji tidak terbaca.".into()
            )
        );
        assert!(reasons(&decision).is_none());
    }
}
