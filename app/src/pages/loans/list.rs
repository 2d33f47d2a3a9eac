//! `/pinjaman`: every application and loan, newest first.

use super::words::status_look;
use crate::{
    api::auth::encode,
    components::{
        Badge, Button, EmptyState, Kind, List, ListRow, Main, Petals, Symbol, Tab, TabBar, TopBar, page_title,
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{Error, PageRequest, loans::Loan};
use leptos::prelude::*;
use leptos_meta::Title;

/// The list.
#[component]
pub fn LoansPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move { draw(&visit).await.unwrap_or_else(|error| failure(&error)) })
}

async fn draw(visit: &Visit) -> Result<AnyView, Error> {
    let after = Some(visit.query("after").to_owned()).filter(|after| !after.is_empty());
    let page = visit
        .backend
        .loans
        .list(
            &visit.actor,
            PageRequest {
                after,
                ..PageRequest::default()
            },
        )
        .await;
    // A mark of an older list is no input of the person.
    let page = page.map_err(|error| {
        if matches!(error, Error::Validation(_)) {
            Error::NotFound
        } else {
            error
        }
    })?;
    let unread = visit.backend.notifications.unread_count(&visit.actor).await?;
    let older = page.next.map(|next| view! { <Button kind=Kind::Secondary href=format!("/pinjaman?after={}", encode(&next))>"Lebih lama"</Button> });
    let content = if page.items.is_empty() {
        view! {
            <EmptyState>
                <Petals count=6 paid=0 label="Belum ada pinjaman"/>
                <h2 class="text-total">"Belum ada pinjaman"</h2>
                <p class="text-muted">"Pengajuan dan pinjaman Anda muncul di sini."</p>
                <Button href="/ajukan">"Hitung cicilan"</Button>
            </EmptyState>
        }
        .into_any()
    } else {
        let rows = page.items.iter().map(row).collect_view();
        view! { <div class="card card--list"><List>{rows}</List></div> }.into_any()
    };
    Ok(view! {
        <Title text=page_title("Pinjaman", &Default::default())/>
        <TopBar title="Pinjaman"/>
        <Main class="page page--cards stack-5">{flash_notice()}{content}{older}</Main>
        <TabBar current=Tab::Loans unread=unread/>
    }
    .into_any())
}

fn row(loan: &Loan) -> impl IntoView + use<> {
    let late = loan.position.as_ref().map_or(0, |position| position.days_past_due);
    let (tone, icon) = status_look(loan.status);
    let status = loan.status.words(late);
    let href = match loan.position {
        Some(_) => format!("/pinjaman/{}", loan.id),
        None => format!("/pengajuan/{}", loan.id),
    };
    let (number, amount) = (loan.number.clone(), loan.amount().to_string());
    view! {
        <ListRow icon=Symbol::Loan title=number detail=amount detail_class="text-small text-muted numeric" href=href>
            <Badge tone=tone icon=icon>{status}</Badge>
        </ListRow>
    }
}
