//! Screen 14: what we told, newest first, in three groups; each notice leads on to what it is about.

use crate::{
    api::auth::encode,
    components::{
        Button, CsrfField, EmptyState, Hidden, Kind, List, Main, Mark, NewsRow, Setback, Symbol, Tab, TabBar, Tone,
        TopBar, page_title,
    },
    pages::{failure, flash_notice},
    visit::{Visit, local_path, visit},
};
use domain::{
    Page, PageRequest, Result,
    calendar::jakarta_date,
    notifications::Notice,
    text::{date_long, day_and_month, time_of_day},
};
use leptos::prelude::*;
use leptos_meta::Title;
use time::Date;

/// `/notifikasi`; `setelah` goes on from the end of the page before.
#[component]
pub fn NoticesPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        match load(&visit).await {
            Ok((notices, unread)) => page(&visit, notices, unread),
            Err(error) => failure(&error),
        }
    })
}

async fn load(visit: &Visit) -> Result<(Page<Notice>, u32)> {
    let service = &visit.backend.notifications;
    let after = Some(visit.query("setelah"))
        .filter(|cursor| !cursor.is_empty())
        .map(str::to_owned);
    let notices = service
        .list(
            &visit.actor,
            PageRequest {
                after,
                ..PageRequest::default()
            },
        )
        .await?;
    let unread = service.unread_count(&visit.actor).await?;
    Ok((notices, unread))
}

fn page(visit: &Visit, notices: Page<Notice>, unread: u32) -> AnyView {
    let faults = visit.faults(&["/_fn/read_notice", "/_fn/read_all_notices"]);
    let today = visit.today();
    let first = visit.query("setelah").is_empty();
    let mark_all = (unread > 0).then(|| {
        view! {
            <form method="post" action="/_fn/read_all_notices">
                <CsrfField/>
                <button class="button-link text-small">"Tandai dibaca"</button>
            </form>
        }
    });
    let older = notices.next.map(|cursor| {
        view! { <Button kind=Kind::Secondary href=format!("/notifikasi?setelah={}", encode(&cursor))>"Lebih lama"</Button> }
    });
    let newest = (!first)
        .then(|| view! { <p class="text-centre text-small"><a class="button-link" href="/notifikasi">"Ke yang terbaru"</a></p> });
    let content = if notices.items.is_empty() && first {
        nothing().into_any()
    } else {
        view! { {groups(notices.items, today)}{older}{newest} }.into_any()
    };
    view! {
        <Title text=page_title("Notifikasi", &faults)/>
        <TopBar title="Notifikasi">{mark_all}</TopBar>
        <Main class="page page--after-bar stack">
            {flash_notice()}
            <Setback faults=faults/>
            {content}
        </Main>
        <TabBar current=Tab::Notifications unread=unread/>
    }
    .into_any()
}

fn nothing() -> impl IntoView {
    view! {
        <EmptyState>
            <Mark class="petals"/>
            <h2>"Belum ada notifikasi"</h2>
            <p class="text-muted">"Kabar tentang pinjaman Anda muncul di sini."</p>
        </EmptyState>
    }
}

/// The groups in order; one without a notice is not drawn.
fn groups(notices: Vec<Notice>, today: Date) -> impl IntoView {
    let mut groups: Vec<(&'static str, Vec<Notice>)> = Vec::new();
    for notice in notices {
        let title = group(jakarta_date(notice.created_at), today);
        match groups.last_mut() {
            Some((last, rows)) if *last == title => rows.push(notice),
            _ => groups.push((title, vec![notice])),
        }
    }
    groups
        .into_iter()
        .map(|(title, notices)| {
            // Outside of the list, because a form may not stand inside of a sentence.
            let forms = notices.iter().filter_map(read_form).collect_view();
            let rows = notices.into_iter().map(|notice| row(notice, today)).collect_view();
            view! {
                <section>
                    <h2 class="text-micro text-subtle">{title}</h2>
                    <List>{rows}</List>
                    {forms}
                </section>
            }
        })
        .collect_view()
}

fn group(day: Date, today: Date) -> &'static str {
    if day >= today {
        "Hari ini"
    } else if (day.year(), day.month()) == (today.year(), today.month()) {
        "Bulan ini"
    } else {
        "Lebih lama"
    }
}

/// "08.00" today, "4 November" this year, "4 November 2025" before.
fn when(notice: &Notice, today: Date) -> String {
    let day = jakarta_date(notice.created_at);
    if day >= today {
        time_of_day(notice.created_at)
    } else if day.year() == today.year() {
        day_and_month(day)
    } else {
        date_long(day)
    }
}

/// Following an unread notice marks it as read, which a link may not do: its button belongs to this form.
fn read_form(notice: &Notice) -> Option<impl IntoView + use<>> {
    let next = local_path(&notice.link).filter(|_| notice.read_at.is_none())?;
    let id = notice.id.to_string();
    Some(view! {
        <form id=form_id(notice) method="post" action="/_fn/read_notice" hidden>
            <CsrfField/>
            <Hidden name="notice" value=id/>
            <Hidden name="next" value=next/>
        </form>
    })
}

fn form_id(notice: &Notice) -> String {
    format!("baca-{}", notice.id)
}

fn row(notice: Notice, today: Date) -> impl IntoView {
    let (icon, tone) = look(&notice.kind);
    let unread = notice.read_at.is_none();
    let words = if notice.link.starts_with("/akun") {
        "Periksa akun"
    } else {
        "Lihat"
    };
    let label = format!("{words}: {}", notice.title);
    let on = local_path(&notice.link).map(|link| {
        if unread {
            view! { " "<button class="button-link" form=form_id(&notice) aria-label=label>{words}</button> }.into_any()
        } else {
            view! { " "<a href=link aria-label=label>{words}</a> }.into_any()
        }
    });
    let time = when(&notice, today);
    view! { <NewsRow icon=icon tone=tone title=notice.title when=time unread=unread>{notice.body}{on}</NewsRow> }
}

/// Icon and colour of a kind; the words say the same.
fn look(kind: &str) -> (Symbol, Tone) {
    match kind {
        "signed_in_on_new_device" | "password_changed" => (Symbol::Shield, Tone::Primary),
        "passkeys_changed" => (Symbol::Fingerprint, Tone::Primary),
        "account_opened" | "identity_papers_complete" => (Symbol::Person, Tone::Primary),
        "identity_verified" | "application_approved" | "payment_posted" | "loan_paid_off" => {
            (Symbol::Check, Tone::Success)
        }
        "loan_disbursed" => (Symbol::Money, Tone::Success),
        "instalment_reminder" => (Symbol::Clock, Tone::Warning),
        "photo_retake_asked" => (Symbol::Camera, Tone::Warning),
        "payout_failed" | "payout_reversed" | "payout_lapsed" | "payment_reversed" | "identity_rejected" => {
            (Symbol::Alert, Tone::Warning)
        }
        "application_submitted" | "application_referred" => (Symbol::Clock, Tone::Primary),
        _ => (Symbol::Document, Tone::Plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;
    use domain::id::NoticeId;
    use time::{
        OffsetDateTime,
        macros::{date, datetime},
    };

    const TODAY: Date = date!(2026 - 11 - 24);

    fn notice(number: u128, at: OffsetDateTime, read: bool) -> Notice {
        Notice {
            id: NoticeId(uuid::Uuid::from_u128(number)),
            kind: "payment_posted".into(),
            title: "Pembayaran diterima".into(),
            body: "Sudah kami catat.".into(),
            link: "/pinjaman/1".into(),
            created_at: at,
            read_at: read.then_some(at),
        }
    }

    #[test]
    fn the_groups_follow_the_days_of_jakarta() {
        // Five past midnight in Jakarta is still yesterday in UTC.
        let items = vec![
            notice(1, datetime!(2026-11-23 17:05 UTC), false),
            notice(2, datetime!(2026-11-04 03:00 UTC), true),
            notice(3, datetime!(2025-10-31 03:00 UTC), true),
        ];
        let drawn = html(move || groups(items, TODAY));
        let places = [
            "Hari ini",
            "00.05",
            "Bulan ini",
            "4 November",
            "Lebih lama",
            "31 Oktober 2025",
        ]
        .map(|words| drawn.find(words).unwrap_or_else(|| panic!("{words}: {drawn}")));
        assert!(places.is_sorted(), "{drawn}");
    }

    #[test]
    fn following_an_unread_notice_posts_and_a_read_one_is_a_link() {
        let items = vec![
            notice(1, datetime!(2026-11-24 03:00 UTC), false),
            notice(2, datetime!(2026-11-24 02:00 UTC), true),
        ];
        let drawn = html(move || groups(items, TODAY));
        assert_eq!(drawn.matches("action=\"/_fn/read_notice\"").count(), 1, "{drawn}");
        assert_eq!(drawn.matches("<a href=\"/pinjaman/1\"").count(), 1, "{drawn}");
        assert_eq!(drawn.matches("Belum dibaca").count(), 1, "{drawn}");
    }

    #[test]
    fn a_link_to_elsewhere_is_not_drawn() {
        let mut foreign = notice(1, datetime!(2026-11-24 03:00 UTC), true);
        foreign.link = "https://evil.example".into();
        let drawn = html(move || groups(vec![foreign], TODAY));
        assert!(!drawn.contains("evil.example"), "{drawn}");
    }
}
