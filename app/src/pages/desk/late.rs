//! `/petugas/penagihan`: the loans that are late, by days past due, and one of them with what may be proposed about it.
//! One officer proposes; a second one decides under Usulan.

use super::{
    late_forms::{self, Form},
    room::{Numbers, fields, role, room},
};
use crate::{
    components::{
        Badge, Button, Faults, Kind, Tone, page_title,
        staff::{Filter, Filters, Place, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    Error, PageRequest, Rupiah,
    id::LoanId,
    loans::product::Component,
    payments::{
        Account, ReliefState,
        arrears::{Quality, QualityBands},
        late_loan::{LateBucket, LateLoan},
        servicing::Position,
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Where they are.
pub(super) const ROOM: &str = "/petugas/penagihan";

/// Loans that are late.
#[component]
pub fn LatePage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let (content, faults) = match visit.query("pinjaman") {
        "" => (list(visit).await?, Faults::default()),
        id => one(visit, id.parse().map_err(|_| Error::NotFound)?).await?,
    };
    let title = page_title("Penagihan", &faults);
    let main = view! {
        <StaffHead above="Yang mengusulkan tidak memutuskan" title="Penagihan"/>
        {flash_notice()}
        {content}
    };
    let page = room(visit, Place::Late, main.into_any());
    Ok(view! { <Title text=title/>{page} }.into_any())
}

async fn list(visit: &Visit) -> Result<AnyView, Error> {
    let bucket = visit.query("hari").parse().ok().and_then(LateBucket::from);
    let after = Some(visit.query("sesudah").to_owned()).filter(|after| !after.is_empty());
    let page = PageRequest { limit: 50, after };
    let list = visit.backend.payments.list_late(&visit.actor, bucket, page).await?;
    let everything = Filter {
        words: "Semua".into(),
        href: ROOM.into(),
        current: bucket.is_none(),
    };
    let buckets = LateBucket::all().map(|one| Filter {
        words: one.words(),
        href: format!("{ROOM}?hari={}", one.first),
        current: bucket == Some(one),
    });
    let filters: Vec<_> = std::iter::once(everything).chain(buckets).collect();
    let content = if list.items.is_empty() {
        view! { <p class="text-muted">"Tidak ada pinjaman yang terlambat di sini."</p> }.into_any()
    } else {
        let numbers = Numbers::load(visit, list.items.iter().map(|loan| loan.loan_id)).await?;
        table(&list.items, &numbers)
    };
    let more = list.next.map(|next| {
        let which = bucket.map_or_else(String::new, |bucket| bucket.first.to_string());
        view! { <a class="text-small" href=format!("{ROOM}?hari={which}&sesudah={next}")>"Berikutnya"</a> }
    });
    Ok(view! { <Filters options=filters/>{content}{more} }.into_any())
}

fn table(loans: &[LateLoan], numbers: &Numbers) -> AnyView {
    let row = |loan: &LateLoan| {
        let href = format!("{ROOM}?pinjaman={}", loan.loan_id);
        let written_off = loan.written_off.then(|| view! { <Badge>"Hapus buku"</Badge> });
        let asks = loan
            .asks_for_help
            .then(|| view! { <Badge tone=Tone::Warning>"Minta jalan keluar"</Badge> });
        let (number, days, quality) = (numbers.of(loan.loan_id), loan.days_past_due.to_string(), loan.quality);
        let outstanding = loan.outstanding.to_string();
        view! {
            <tr>
                <th scope="row"><a class="numeric" href=href>{number}</a></th>
                <td>{days}</td>
                <td class="data-table__text"><Badge tone=tone(quality)>{quality.words()}</Badge>" "{written_off}" "{asks}</td>
                <td>{outstanding}</td>
            </tr>
        }
    };
    let rows = loans.iter().map(row).collect_view();
    view! {
        <div class="card table-scroll" role="region" aria-label="Pinjaman terlambat" tabindex="0">
            <table class="data-table">
                <thead><tr><th scope="col">"Pinjaman"</th><th scope="col">"Hari"</th><th scope="col" class="data-table__text">"Kualitas"</th><th scope="col">"Sisa pokok"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

const fn tone(quality: Quality) -> Tone {
    match quality {
        Quality::Current => Tone::Success,
        Quality::SpecialMention => Tone::Plain,
        Quality::Substandard | Quality::Doubtful => Tone::Warning,
        Quality::Loss => Tone::Danger,
    }
}

/// One loan: what is owed of each component, how late it is, what was asked for, and the forms.
async fn one(visit: &Visit, id: LoanId) -> Result<(AnyView, Faults), Error> {
    let payments = &visit.backend.payments;
    let account = payments.account(&visit.actor, id, None).await?.ok_or(Error::NotFound)?;
    let position = account.position.as_ref().ok_or(Error::NotFound)?;
    let mut rows = standing(&account, position);
    if let Some(request) = payments.last_way_out(&visit.actor, id).await? {
        let words = format!(
            "{} · {} · {}",
            request.option.words(),
            request.state.words(),
            text::moment(request.asked_at)
        );
        rows.push(("Jalan keluar yang diminta".to_owned(), words));
        if request.state == ReliefState::Open {
            rows.push((
                "Denda selama ditinjau".to_owned(),
                crate::pages::loans::relief::pause_words(visit, &request),
            ));
        }
    }
    let quality = QualityBands::POJK_10_2022.quality(position.quality_days);
    let chosen = Form::chosen(visit.query("usul"));
    let offered = Form::ALL.into_iter().filter(|form| form.fits(role(visit), position));
    let links = offered
        .map(|form| {
            let href = format!("{ROOM}?pinjaman={id}&usul={}", form.word());
            let kind = if chosen == Some(form) {
                Kind::Primary
            } else {
                Kind::Secondary
            };
            let words = form.words(position);
            view! { <Button small=true kind=kind href=href>{words}</Button> }
        })
        .collect_view();
    let (form, faults) = match chosen.filter(|form| form.fits(role(visit), position)) {
        Some(form) => late_forms::draw(visit, form, id, position),
        None => (().into_any(), Faults::default()),
    };
    let caption = format!("Pinjaman {}", Numbers::load(visit, [id]).await?.of(id));
    let view = view! {
        <p class="text-small"><a href=ROOM>"Semua pinjaman terlambat"</a></p>
        <section class="card stack-3">
            <div class="row row--between"><h2 class="numeric">{caption.clone()}</h2><Badge tone=tone(quality)>{quality.words()}</Badge></div>
            {fields(caption, rows)}
            <div class="row">{links}</div>
            {form}
        </section>
    };
    Ok((view.into_any(), faults))
}

fn standing(account: &Account, position: &Position) -> Vec<(String, String)> {
    let mut rows = vec![("Hari terlambat".to_owned(), position.days_past_due.to_string())];
    let mut row = |name: &str, words: String| rows.push((name.to_owned(), words));
    for component in Component::ALL {
        row(component.words(), position.owed(*component).to_string());
    }
    row("Melunasi hari ini", position.payoff.total.to_string());
    if position.credit.is_positive() {
        row("Saldo lebih", position.credit.to_string());
    }
    let charged: i64 = position.lines.iter().map(|line| line.late_fee.due.get()).sum();
    row("Denda ditagih sejauh ini", Rupiah::new(charged).to_string());
    let cap = account.contract.total_cap_percent;
    row(
        "Sisa ruang biaya dan denda",
        format!(
            "{}, batasnya {cap}% dari {}",
            position.room, account.contract.terms.principal
        ),
    );
    let running = if position.written_off_on.is_some() {
        "Tidak dihitung lagi sejak hapus buku"
    } else if position.late_fee_frozen {
        "Dihentikan"
    } else {
        "Dihitung tiap hari terlambat"
    };
    row("Hitungan denda", running.to_owned());
    if let Some(on) = position.written_off_on {
        row("Hapus buku", text::date_long(on));
        row("Dipulihkan sejak itu", position.recovered.to_string());
    }
    rows
}
