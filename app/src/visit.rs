//! One request, as pages and server functions see it: who asks, when, with what, and what to answer.
//!
//! Enters once per request as Leptos context ([`provide`]). A page reads it; a server function also writes its
//! [`Reply`]: where to go next, a cookie, a message, or what was wrong. The server turns the reply into a
//! redirect, so every form is POST, redirect, GET, with the values kept and nothing personal in an address.

use crate::{
    components::Faults,
    shell::{Assets, PageContext, Theme},
};
use domain::{
    Actor, Backend, Error,
    auth::{NewSession, Secret},
    calendar::jakarta_date,
    error::Fault,
    id::UserId,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use time::{Date, OffsetDateTime};

/// What the server knows about a request.
#[derive(Clone)]
pub struct Visit {
    /// The seven services.
    pub backend: Backend,
    /// Who asks.
    pub actor: Actor,
    /// When the request came (UTC).
    pub now: OffsetDateTime,
    /// The path of the request.
    pub path: String,
    /// The query of the request, decoded.
    pub query: BTreeMap<String, String>,
    /// What the form before this page left, when it leads here.
    pub flash: Option<Flash>,
    /// A form waits for its person to prove who they are.
    pub draft_waits: bool,
    /// A fresh idempotency key for the forms of this page.
    pub key: String,
    /// The secret of a known device, from its cookie.
    pub device_token: Option<Secret>,
    /// The licence line; empty in the demo.
    pub licence: String,
    /// Where built files are.
    pub assets: Assets,
    /// CSRF token and theme.
    pub page: PageContext,
    /// The answer of a server function.
    pub reply: Arc<Mutex<Reply>>,
}

/// What a form leaves for the page it goes back to or on to; travels sealed in a cookie, read once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// The path of the page it is for.
    pub path: String,
    /// The action of the form, when the form comes back.
    pub action: String,
    /// The values typed, without passwords, codes and files.
    pub values: BTreeMap<String, String>,
    /// What was wrong.
    pub error: Option<Error>,
    /// A calm message on top of the page.
    pub notice: Option<String>,
    /// The only person it may be shown to, when it outlives a session.
    pub owner: Option<UserId>,
}

/// What a server function wants to happen.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// A local path to go on to.
    pub to: Option<String>,
    /// A calm message on the next page.
    pub notice: Option<String>,
    /// A session that began.
    pub session: Option<NewSession>,
    /// The asker's session ended: cookies and caches must go.
    pub signed_out: bool,
    /// A theme that was chosen; `Some(None)` follows the phone.
    pub theme: Option<Option<Theme>>,
    /// The page comes back with what was typed, as the form with this action; nothing was wrong.
    pub keep: Option<&'static str>,
    /// What was wrong: the form comes back.
    pub error: Option<Error>,
}

/// Gives `visit` to everything below, once.
pub fn provide(visit: Visit) {
    provide_bare(visit.assets.clone(), visit.page.clone());
    provide_context(visit);
}

/// Gives what every document needs, for a page that is drawn when there is no visit.
pub fn provide_bare(assets: Assets, page: PageContext) {
    provide_context(assets);
    provide_context(page);
}

/// The request being answered.
pub fn visit() -> Visit {
    expect_context()
}

impl Visit {
    /// The business date in Jakarta.
    pub fn today(&self) -> Date {
        jakarta_date(self.now)
    }

    /// One value of the query, empty when absent.
    pub fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// What the form with this action (`"/_fn/…"`) left when it came back to this page.
    pub fn form(&self, action: &str) -> FormState {
        match &self.flash {
            Some(flash) if flash.action == action => FormState {
                values: flash.values.clone(),
                error: flash.error.clone(),
            },
            _ => FormState::default(),
        }
    }

    /// What was wrong with the one of these forms that came back to this page.
    pub fn faults(&self, actions: &[&str]) -> Faults {
        let mut forms = actions.iter().map(|action| self.form(action));
        forms
            .find(FormState::came_back)
            .map(|form| form.faults())
            .unwrap_or_default()
    }

    /// The calm message for this page, if any.
    pub fn notice(&self) -> Option<String> {
        self.flash.as_ref().and_then(|flash| flash.notice.clone())
    }

    /// Goes on to a local path of ours after the form.
    pub fn go(&self, path: impl Into<String>) {
        self.with_reply(|reply| reply.to = Some(path.into()));
    }

    /// The same with a message on the next page.
    pub fn go_saying(&self, path: impl Into<String>, notice: &str) {
        self.with_reply(|reply| {
            reply.to = Some(path.into());
            reply.notice = Some(notice.into());
        });
    }

    /// Changes the reply.
    pub fn with_reply(&self, change: impl FnOnce(&mut Reply)) {
        // A poisoned lock only means that another handler of this same request panicked.
        change(&mut self.reply.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

/// A form as it came back: the values typed and what was wrong. Empty on the first visit.
#[derive(Debug, Clone, Default)]
pub struct FormState {
    values: BTreeMap<String, String>,
    error: Option<Error>,
}

impl FormState {
    /// The value typed into `field`, empty when there is none.
    pub fn value(&self, field: &str) -> String {
        self.values.get(field).cloned().unwrap_or_default()
    }

    /// The value typed into `field`, else `other`.
    pub fn value_or(&self, field: &str, other: impl Into<String>) -> String {
        self.values.get(field).cloned().unwrap_or_else(|| other.into())
    }

    /// Whether the form came back at all.
    pub fn came_back(&self) -> bool {
        self.error.is_some()
    }

    /// Why the form came back.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// What was wrong, for the summary and the fields: every error has its words here, so none is silent.
    pub fn faults(&self) -> Faults {
        match &self.error {
            None => Faults::default(),
            Some(Error::Validation(faults)) => faults.clone().into(),
            Some(error) => vec![Fault::new("", error.code(), error.words())].into(),
        }
    }
}

/// A local path and query of ours, or none: for addresses that come from a form or a query.
pub fn local_path(text: &str) -> Option<String> {
    let fits = text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 512
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_local() {
        assert_eq!(local_path("/bayar/1?x=2").as_deref(), Some("/bayar/1?x=2"));
        for foreign in [
            "",
            "beranda",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: x",
            "/a b",
        ] {
            assert_eq!(local_path(foreign), None, "{foreign:?}");
        }
    }
}
