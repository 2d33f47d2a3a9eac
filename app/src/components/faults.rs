//! What a form got wrong, as the page needs it: the message of one field, and the summary on top.

use domain::error::Fault;
use leptos::prelude::*;

/// The faults of one form, in the order of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// The message of the field with this name, for the field's `error`.
    pub fn of(&self, field: &str) -> Option<String> {
        self.0
            .iter()
            .find(|fault| fault.field == field)
            .map(|fault| fault.message.clone())
    }

    /// Whether the form is without faults.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, where the fault with `code` is told in other words, if there are any.
    #[must_use]
    pub fn told(self, code: &str, words: Option<String>) -> Self {
        let Some(words) = words else { return self };
        let faults = self.0.into_iter().map(|fault| match fault.code == code {
            true => Fault {
                message: words.clone(),
                ..fault
            },
            false => fault,
        });
        Self(faults.collect())
    }

    /// The same as faults of the form as a whole, for a page where none of the fields stands.
    fn without_fields(self) -> Self {
        let faults = self.0.into_iter().map(|fault| Fault {
            field: String::new(),
            ..fault
        });
        Self(faults.collect())
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Self {
        Self(faults)
    }
}

impl From<domain::error::Error> for Faults {
    /// Faults of a validation; a refusal becomes one fault of the whole form; anything else is no fault of the person.
    fn from(error: domain::error::Error) -> Self {
        match error {
            domain::error::Error::Validation(faults) => Self(faults),
            domain::error::Error::Refused(refusal) => Self(vec![Fault::new("", refusal.code(), refusal.words())]),
            _ => Self::default(),
        }
    }
}

/// The page title with "Galat: " in front when the form has faults.
pub fn page_title(words: &str, faults: &Faults) -> String {
    if faults.is_empty() {
        format!("{words} - Sanggup")
    } else {
        format!("Galat: {words} - Sanggup")
    }
}

/// Summary on top of a form: takes the focus, links to each field. Nothing without faults.
#[component]
pub fn ErrorSummary(
    /// What is wrong; the id of a field is the name of its fault.
    faults: Faults,
    /// Heading, when there is nothing to fill in.
    #[prop(optional_no_strip, into)]
    title: Option<String>,
) -> impl IntoView {
    (!faults.is_empty()).then(move || {
        let title = title.unwrap_or_else(|| format!("Ada {} isian yang perlu diperbaiki", faults.0.len()));
        let entries = faults
            .0
            .into_iter()
            .map(|fault| match fault.field.as_str() {
                "" => view! { <li>{fault.message}</li> }.into_any(),
                field => view! { <li><a href=format!("#{field}")>{fault.message}</a></li> }.into_any(),
            })
            .collect_view();
        view! {
            <div class="error-summary" role="alert" tabindex="-1" autofocus=true>
                <h2 class="error-summary__title">{title}</h2>
                <ul class="error-summary__list" role="list">{entries}</ul>
            </div>
        }
    })
}

/// The summary of a form that is a button alone, or that no longer stands on the page: says why it came back.
#[component]
pub fn Setback(
    /// What is wrong.
    faults: Faults,
) -> impl IntoView {
    view! { <ErrorSummary faults=faults.without_fields() title="Permintaan ini belum bisa dijalankan".to_owned()/> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{field::Field, testing::html};

    fn two() -> Faults {
        Faults::from(vec![
            Fault::new("nik", "nik_length", "NIK harus 16 angka. Anda mengetik 15."),
            Fault::new("phone", "phone", "Nomor WhatsApp belum lengkap."),
        ])
    }

    #[test]
    fn each_entry_of_the_summary_leads_to_the_input_with_that_id() {
        let page = html(|| {
            view! {
                <ErrorSummary faults=two()/>
                <Field label="NIK" name="nik" error=two().of("nik")/>
                <Field label="Nomor WhatsApp" name="phone" error=two().of("phone")/>
            }
        });
        assert!(page.contains("Ada 2 isian yang perlu diperbaiki"), "{page}");
        for field in ["nik", "phone"] {
            assert!(page.contains(&format!("href=\"#{field}\"")), "{page}");
            assert!(page.contains(&format!("<input id=\"{field}\"")), "{page}");
            assert!(page.contains(&format!("aria-describedby=\"{field}-error\"")), "{page}");
            assert!(page.contains(&format!("id=\"{field}-error\"")), "{page}");
        }
        assert_eq!(page.matches("aria-invalid=\"true\"").count(), 2);
        assert_eq!(
            page.matches("NIK harus 16 angka. Anda mengetik 15.").count(),
            2,
            "the same words in both places"
        );
    }

    #[test]
    fn a_button_that_came_back_takes_the_focus_and_leads_to_no_field() {
        let page = html(|| view! { <Setback faults=two()/> });
        assert!(page.contains("role=\"alert\" tabindex=\"-1\" autofocus"), "{page}");
        assert!(page.contains("Permintaan ini belum bisa dijalankan"), "{page}");
        assert!(
            page.contains("<li>Nomor WhatsApp belum lengkap.</li>") && !page.contains("href"),
            "{page}"
        );
        assert_eq!(html(|| view! { <Setback faults=Faults::default()/> }).matches("alert").count(), 0);
    }

    #[test]
    fn no_faults_draw_no_summary_and_leave_the_title() {
        assert_eq!(
            html(|| view! { <ErrorSummary faults=Faults::default()/> })
                .matches("error-summary")
                .count(),
            0
        );
        assert_eq!(page_title("Masuk", &Faults::default()), "Masuk - Sanggup");
        assert_eq!(page_title("Masuk", &two()), "Galat: Masuk - Sanggup");
    }

    #[test]
    fn a_refusal_is_a_fault_of_the_form_and_a_failure_is_none() {
        use domain::error::{Error, Refusal};
        let page = html(|| view! { <ErrorSummary faults=Faults::from(Error::Refused(Refusal::CredentialsWrong))/> });
        assert!(
            page.contains("<li>Email, nomor HP, atau kata sandi tidak cocok.</li>"),
            "{page}"
        );
        assert!(Faults::from(Error::Forbidden).is_empty());
    }
}
