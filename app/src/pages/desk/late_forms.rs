//! What an officer may propose or do about one late loan: give something up, take it off the books, stop late fees.
//! One form at a time, named in the address.

use crate::{
    components::{
        Button, CsrfField, ErrorSummary, Faults, Field, Hidden, Kind, MoneyField, SelectField, TextareaField,
    },
    visit::Visit,
};
use domain::{
    Role,
    audit::ProposalKind,
    id::LoanId,
    loans::product::Component,
    payments::{WRITE_OFF_DAYS, servicing::Position},
};
use leptos::prelude::*;
use time::Duration;

/// One of the forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Give up part of what is owed.
    Waive,
    /// Take the loan off the books, or put it back.
    WriteOff,
    /// Stop late fees, or let them go on.
    LateFees,
}

impl Form {
    pub(super) const ALL: [Self; 3] = [Self::LateFees, Self::Waive, Self::WriteOff];

    /// Its word in an address.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Waive => "keringanan",
            Self::WriteOff => "hapus-buku",
            Self::LateFees => "denda",
        }
    }

    /// Reads [`Form::word`] back.
    pub(super) fn chosen(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }

    /// The words of the button that opens it.
    pub(super) const fn words(self, position: &Position) -> &'static str {
        match self {
            Self::Waive => "Usulkan keringanan",
            Self::WriteOff if position.written_off_on.is_some() => "Usulkan batal hapus buku",
            Self::WriteOff => "Usulkan hapus buku",
            Self::LateFees => "Atur denda",
        }
    }

    /// Where it is sent.
    const fn action(self) -> &'static str {
        match self {
            Self::Waive => "/_fn/petugas/propose_waiver",
            Self::WriteOff => "/_fn/petugas/propose_write_off",
            Self::LateFees => "/_fn/petugas/stop_late_fees",
        }
    }

    /// Whether a role may use it on a loan that stands like this.
    pub(super) fn fits(self, role: Role, position: &Position) -> bool {
        let owing = position.bill.is_some();
        match self {
            Self::Waive => owing && ProposalKind::Waiver.makers().contains(&role),
            Self::WriteOff => owing && ProposalKind::WriteOff.makers().contains(&role),
            Self::LateFees => {
                owing
                    && position.written_off_on.is_none()
                    && [Role::Support, Role::Collector, Role::Analyst].contains(&role)
            }
        }
    }
}

/// The form and what is wrong with what was sent.
pub(super) fn draw(visit: &Visit, form: Form, id: LoanId, position: &Position) -> (AnyView, Faults) {
    let state = visit.form(form.action());
    let faults = state.faults();
    let typed = |name: &str| state.value(name);
    let (inputs, buttons) = match form {
        Form::Waive => {
            let open = Component::ALL
                .iter()
                .filter(|component| position.owed(**component).is_positive());
            let options = open.map(|component| {
                let words = format!("{} · {}", component.words(), position.owed(*component));
                (component.as_str().to_owned(), words)
            });
            let options: Vec<_> = options.collect();
            let inputs = view! {
                <SelectField label="Bagian tagihan" name="component" options=options value=typed("component") error=faults.of("component")/>
                <MoneyField label="Jumlah yang dilepas" name="amount" value=typed("amount") error=faults.of("amount")/>
            };
            (inputs.into_any(), view! { <Button>"Usulkan"</Button> }.into_any())
        }
        Form::WriteOff => {
            let early = position.written_off_on.is_none() && position.days_past_due < WRITE_OFF_DAYS;
            let words = if early {
                format!(
                    "Hapus buku baru bisa diusulkan setelah terlambat {WRITE_OFF_DAYS} hari. Pinjaman ini terlambat {} hari.",
                    position.days_past_due
                )
            } else if position.written_off_on.is_some() {
                "Utang kembali ke pembukuan dengan sisanya hari ini.".to_owned()
            } else {
                format!(
                    "{} keluar dari pembukuan dan denda berhenti. Utangnya tetap ada dan tetap boleh dibayar.",
                    position.payoff.total
                )
            };
            let value = if position.written_off_on.is_some() {
                "undo"
            } else {
                "write_off"
            };
            let button =
                (!early).then(|| view! { <Button kind=Kind::Danger name="answer" value=value>"Usulkan"</Button> });
            (view! { <p>{words}</p> }.into_any(), button.into_any())
        }
        Form::LateFees => {
            let first = (visit.today() + Duration::DAY).to_string();
            let inputs = view! {
                <Field label="Hari terakhir tanpa denda" name="through" kind="date" min=first hint="Kosongkan kalau belum tahu.".to_owned() value=typed("through") error=faults.of("through")/>
            };
            let buttons = view! {
                <Button name="answer" value="pause">"Hentikan denda"</Button>
                <Button kind=Kind::Secondary name="answer" value="resume">"Lanjutkan denda"</Button>
            };
            (inputs.into_any(), buttons.into_any())
        }
    };
    let view = view! {
        <form class="stack-3 decision" method="post" action=form.action()>
            <ErrorSummary faults=faults.clone()/>
            <CsrfField/>
            <Hidden name="loan" value=id.to_string()/>
            {inputs}
            <TextareaField label="Alasan" name="reason" value=typed("reason") error=faults.of("reason") maxlength=500/>
            <div class="decision__buttons">{buttons}</div>
        </form>
    };
    (view.into_any(), faults)
}
