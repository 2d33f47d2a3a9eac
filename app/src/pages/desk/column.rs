//! The navigation and the queue column that every staff page shares.

use super::room::{name, places};
use crate::{
    components::staff::{Filter, Filters, Place, QueueEntry, QueueRow, StaffFrame},
    visit::Visit,
};
use domain::{PageRequest, Result, Role, loans::QueueItem, text, users::IdentityQueueItem};
use leptos::prelude::*;
use time::{Duration, OffsetDateTime};

/// Waiting longer than this is drawn in red.
const TARGET: Duration = Duration::minutes(30);

/// Which list the column shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Identities that wait.
    Identities,
    /// Applications that a person must decide.
    Applications,
}

/// What the column shows: both lists, as far as the role may see them.
pub struct Column {
    list: List,
    current: String,
    identities: Option<Vec<IdentityQueueItem>>,
    applications: Option<Vec<QueueItem>>,
    more: bool,
    now: OffsetDateTime,
    role: Role,
    name: String,
    share: i64,
}

impl Column {
    /// Asks for the lists. `current` is the address of the case open beside it, empty for none.
    pub async fn load(visit: &Visit, wanted: Option<List>, current: &str) -> Result<Self> {
        let role = visit.actor.session().map_or(Role::Support, |session| session.role);
        let page = PageRequest { limit: 50, after: None };
        let sees = |roles: &[Role]| roles.contains(&role);
        let identities = if sees(crate::routes::IDENTITY_STAFF) {
            Some(visit.backend.users.identity_queue(&visit.actor, page.clone()).await?)
        } else {
            None
        };
        let applications = if sees(crate::routes::REVIEW_STAFF) {
            Some(visit.backend.loans.review_queue(&visit.actor, page).await?)
        } else {
            None
        };
        let policy = visit.backend.loans.policy(&visit.actor).await.ok();
        let share = policy.and_then(|policy| policy.share_on(visit.today())).unwrap_or(0);
        let list = wanted
            .filter(|list| *list == List::Identities || applications.is_some())
            .unwrap_or({
                let waiting = applications.as_ref().is_some_and(|page| !page.items.is_empty());
                if waiting { List::Applications } else { List::Identities }
            });
        let more = match list {
            List::Identities => identities.as_ref().is_some_and(|page| page.next.is_some()),
            List::Applications => applications.as_ref().is_some_and(|page| page.next.is_some()),
        };
        Ok(Self {
            list,
            current: current.into(),
            identities: identities.map(|page| page.items),
            applications: applications.map(|page| page.items),
            more,
            now: visit.now,
            role,
            name: name(visit),
            share,
        })
    }

    /// Navigation, this column, and `main` beside them.
    pub fn around(self, main: AnyView) -> impl IntoView {
        let count = self.identities.as_ref().map_or(0, Vec::len) + self.applications.as_ref().map_or(0, Vec::len);
        let places = places(self.role, count as u64);
        let (filters, rows, foot) = (self.filters(), self.rows(), self.foot());
        view! {
            <StaffFrame current=Place::Queue places=places name=self.name role=self.role.words() queue=true>
                <section class="queue" aria-label="Antrean">
                    <header class="queue__head stack-3"><h2>"Antrean tinjauan"</h2><Filters options=filters/></header>
                    {rows}
                    <footer class="queue__foot text-micro text-subtle numeric">{foot}</footer>
                </section>
                {main}
            </StaffFrame>
        }
    }

    fn filters(&self) -> Vec<Filter> {
        let filter = |list: List, words: &str, count: usize, href: &str| Filter {
            words: format!("{words} {count}"),
            href: href.into(),
            current: self.list == list,
        };
        let applications = self.applications.as_ref().map(|items| {
            filter(
                List::Applications,
                "Pengajuan",
                items.len(),
                "/petugas?daftar=pengajuan",
            )
        });
        let identities = self
            .identities
            .as_ref()
            .map(|items| filter(List::Identities, "Identitas", items.len(), "/petugas?daftar=identitas"));
        applications.into_iter().chain(identities).collect()
    }

    fn rows(&self) -> AnyView {
        let rows: Vec<AnyView> = match self.list {
            List::Applications => self
                .applications
                .iter()
                .flatten()
                .map(|item| self.application(item))
                .collect(),
            List::Identities => self
                .identities
                .iter()
                .flatten()
                .map(|item| self.identity(item))
                .collect(),
        };
        if rows.is_empty() {
            view! { <p class="queue__list queue__foot text-small text-muted">"Antrean kosong."</p> }.into_any()
        } else {
            view! { <ul class="queue__list" role="list">{rows}</ul> }.into_any()
        }
    }

    fn application(&self, item: &QueueItem) -> AnyView {
        let href = format!("/petugas/pengajuan/{}", item.loan_id);
        let entry = QueueEntry {
            current: href == self.current,
            href,
            number: item.number.clone(),
            name: item.full_name.clone(),
            town: item
                .review_due
                .map(|due| format!("Tinjau ulang, jawab sampai {}", text::date_short(due)))
                .unwrap_or_default(),
            amount: item.amount,
            months: item.tenor,
            share: i64::from(item.share_percent),
            limit: self.share,
            waiting: waiting(self.now - item.waiting_since),
            late: self.now - item.waiting_since > TARGET,
        };
        view! { <QueueRow entry=entry/> }.into_any()
    }

    fn identity(&self, item: &IdentityQueueItem) -> AnyView {
        let href = format!("/petugas/identitas/{}", item.user_id);
        let here = (href == self.current).then_some("true");
        let late = self.now - item.waiting_since > TARGET;
        let class = if late {
            "text-micro text-end numeric text-danger"
        } else {
            "text-micro text-end numeric text-muted"
        };
        view! {
            <li>
                <a class="queue__row" href=href aria-current=here>
                    <span><b>{item.full_name.clone()}</b><span class="text-micro text-subtle">"Identitas"</span></span>
                    <span class="text-end"></span>
                    <span class=class>{waiting(self.now - item.waiting_since)}</span>
                </a>
            </li>
        }
        .into_any()
    }

    fn foot(&self) -> String {
        let since = match self.list {
            List::Applications => self.applications.iter().flatten().map(|item| item.waiting_since).min(),
            List::Identities => self.identities.iter().flatten().map(|item| item.waiting_since).min(),
        };
        match since {
            None => "Tidak ada yang menunggu.".into(),
            Some(since) => {
                let more = if self.more { "50 tertua ditampilkan · " } else { "" };
                format!("{more}tertua {} · target di bawah 30 menit", waiting(self.now - since))
            }
        }
    }
}

/// "2 mnt", "3 jam", "2 hari".
fn waiting(time: Duration) -> String {
    match time.whole_minutes() {
        minutes @ ..60 => format!("{} mnt", minutes.max(0)),
        minutes @ 60..2_880 => format!("{} jam", minutes / 60),
        minutes => format!("{} hari", minutes / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_the_largest_fitting_unit() {
        let cases = [
            (-5, "0 mnt"),
            (21, "21 mnt"),
            (59, "59 mnt"),
            (60, "1 jam"),
            (2_879, "47 jam"),
            (2_880, "2 hari"),
        ];
        for (minutes, words) in cases {
            assert_eq!(waiting(Duration::minutes(minutes)), words);
        }
    }
}
