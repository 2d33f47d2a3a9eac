//! A browser without JavaScript: keeps cookies as a browser would, sends forms with what the page put into them.

use crate::{
    harness::{Answer, App, Call},
    people::{PASSWORD, Person},
};
use domain::{
    Role,
    auth::Secret,
    users::{Email, PersonName},
};
use services::auth::SeedAccount;
use std::collections::BTreeMap;

/// Cookies, and the page that is open.
pub struct Browser<'a> {
    app: &'a App,
    pub cookies: BTreeMap<String, String>,
    /// Path and query of the open page.
    pub page: String,
    /// The session-bound token that stands in it.
    csrf: Option<String>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a App) -> Self {
        Self {
            app,
            cookies: BTreeMap::new(),
            page: "/".into(),
            csrf: None,
        }
    }

    /// A browser in which `person` is signed in, on a device that is known.
    pub async fn of(app: &'a App, person: &Person) -> Self {
        let mut browser = Self::new(app);
        browser
            .cookies
            .insert("__Host-device".into(), person.device_token.clone());
        browser.open("/masuk").await.expect(200);
        let answer = browser
            .submit("/_fn/sign_in", &[("identifier", &person.email), ("password", PASSWORD)])
            .await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/beranda"),
            "{}",
            answer.text()
        );
        browser
    }

    /// A browser of a new member of staff in `role`.
    pub async fn of_staff(app: &'a App, role: Role) -> Self {
        let email = format!("{}@sanggup.test", role.as_str());
        let seed = SeedAccount {
            role,
            email: Email::parse(&email).expect("an address"),
            full_name: PersonName::parse("Rani Anggraini").expect("a name"),
            password: Secret::new(PASSWORD),
            borrower: None,
        };
        app.world.services.auth.seed_account(seed).await.expect("an account");
        let mut browser = Self::new(app);
        browser.open("/petugas/masuk").await.expect(200);
        let answer = browser
            .submit("/_fn/petugas/sign_in", &[("email", &email), ("password", PASSWORD)])
            .await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, "/petugas"),
            "{}",
            answer.text()
        );
        browser
    }

    /// Opens a page; redirects are the test's to follow.
    pub async fn open(&mut self, path: &str) -> Answer {
        let answer = self
            .with_cookies(self.app.get(path))
            .header("sec-fetch-site", "same-origin")
            .send()
            .await;
        self.take_cookies(&answer);
        self.page = path.to_owned();
        let text = answer.text();
        self.csrf = between(&text, "<meta name=\"csrf\" content=\"", "\"").map(str::to_owned);
        answer
    }

    /// Sends a form of the open page.
    pub async fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let call = self
            .form(action, fields)
            .header("sec-fetch-site", "same-origin")
            .header("origin", crate::harness::ORIGIN);
        let answer = call.send().await;
        self.take_cookies(&answer);
        answer
    }

    /// A form of the open page as a browser sends it, but for the headers that say where it comes from.
    pub fn form(&self, action: &str, fields: &[(&str, &str)]) -> Call {
        let mut all = vec![("page", self.page.as_str())];
        if let Some(csrf) = &self.csrf {
            all.push(("csrf", csrf));
        }
        all.extend(fields);
        self.with_cookies(self.app.post(action)).form(&all)
    }

    /// The token that stands in the open page.
    pub fn csrf(&self) -> &str {
        self.csrf.as_deref().expect("the page of a session has a token")
    }

    /// A call with the cookies.
    pub fn with_cookies(&self, call: Call) -> Call {
        if self.cookies.is_empty() {
            return call;
        }
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        call.header("cookie", &pairs.join("; "))
    }

    /// Keeps what an answer sets, and forgets what it deletes.
    pub fn take_cookies(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().expect("plain text");
            let (name, value) = line
                .split(';')
                .next()
                .and_then(|pair| pair.split_once('='))
                .expect("a pair");
            if name.starts_with("__Host-") {
                assert!(
                    line.contains("; Path=/") && line.contains("; Secure") && !line.contains("Domain"),
                    "{line}"
                );
                assert!(line.contains("; HttpOnly") && line.contains("; SameSite="), "{line}");
            }
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// What stands between two marks, the first time.
pub fn between<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    let start = text.find(from)? + from.len();
    let end = text[start..].find(to)? + start;
    Some(&text[start..end])
}
