//! Forms of quotes, consent, cancelling and human review.
#![expect(
    missing_docs,
    clippy::too_many_arguments,
    reason = "the arguments are the fields of the form; the macro makes a struct of them"
)]

use super::{Answer, reply};
use crate::{
    islands::SimulatorTerms,
    pages::loans::{
        known_income,
        terms::{ask, changed_path, consent_path, gauge_of, quote_again, standard_product, terms},
    },
    visit::Visit,
};
use domain::{
    Error, Fault, Refusal, Rupiah,
    id::LoanId,
    loans::{ApplyRequest, Loan, Purpose, QuoteRequest},
    users::{BankAccountInput, KycStatus, Profile, ProfileChange},
};
use leptos::prelude::*;

/// Keeps income and account, prices the terms, and goes on to the consent page.
#[server(prefix = "/_fn", endpoint = "quote")]
pub async fn quote(
    #[server(default)] amount: String,
    #[server(default)] tenor_months: String,
    #[server(default)] purpose: String,
    #[server(default)] monthly_income: String,
    #[server(default)] other_instalments: String,
    #[server(default)] bank: String,
    #[server(default)] account_number: String,
    #[server(default)] key: String,
) -> Answer {
    reply(async |visit| {
        let form = QuoteForm {
            amount,
            tenor_months,
            purpose,
            monthly_income,
            other_instalments,
            bank,
            account_number,
        };
        visit.go(form.price(&visit, &key).await?);
        Ok(())
    })
    .await
}

/// "Hitung ulang" and the ways out without a script: the page comes back with what was typed and its figures.
#[server(prefix = "/_fn", endpoint = "recalculate")]
pub async fn recalculate() -> Answer {
    reply(async |visit| {
        visit.with_reply(|reply| reply.keep = Some("/_fn/quote"));
        Ok(())
    })
    .await
}

/// Agrees to a quote and makes the application; a quote that is too old or changed comes back priced again.
#[server(prefix = "/_fn", endpoint = "apply")]
pub async fn apply(
    #[server(default)] quote_id: String,
    #[server(default)] disclosure_hash: String,
    #[server(default)] purpose: String,
    #[server(default)] accepted: String,
    #[server(default)] key: String,
) -> Answer {
    reply(async |visit| {
        let request = consent(&visit, &quote_id, disclosure_hash, &purpose, &accepted).await?;
        match visit.backend.loans.apply(&visit.actor, request.clone(), &key).await {
            Err(Error::Refused(Refusal::QuoteExpired | Refusal::DisclosureChanged)) => {
                show_again(&visit, &request).await?
            }
            answer => visit.go(application_path(answer?.id)),
        }
        Ok(())
    })
    .await
}

/// Cancels an application for free.
#[server(prefix = "/_fn", endpoint = "cancel")]
pub async fn cancel(#[server(default)] loan: String) -> Answer {
    reply(async |visit| {
        let id = loan.parse().map_err(|_| Error::NotFound)?;
        let loan: Loan = visit.backend.loans.cancel(&visit.actor, id, None).await?;
        visit.go(application_path(loan.id));
        Ok(())
    })
    .await
}

/// Has the money of a failed payout sent once more.
#[server(prefix = "/_fn", endpoint = "retry_payout")]
pub async fn retry_payout(#[server(default)] loan: String) -> Answer {
    reply(async |visit| {
        let id = loan.parse().map_err(|_| Error::NotFound)?;
        visit.backend.payments.retry_payout(&visit.actor, id).await?;
        visit.go_saying(
            application_path(id),
            "Baik. Dana kami kirim lagi ke rekening yang baru.",
        );
        Ok(())
    })
    .await
}

/// Asks that a person decides a declined application.
#[server(prefix = "/_fn", endpoint = "request_review")]
pub async fn request_review(#[server(default)] loan: String) -> Answer {
    reply(async |visit| {
        let id = loan.parse().map_err(|_| Error::NotFound)?;
        let loan: Loan = visit.backend.loans.request_review(&visit.actor, id, None).await?;
        visit.go_saying(
            application_path(loan.id),
            "Permintaan diterima. Petugas akan meninjau pengajuan Anda.",
        );
        Ok(())
    })
    .await
}

fn application_path(id: LoanId) -> String {
    format!("/pengajuan/{id}")
}

/// `/ajukan` as it was typed.
struct QuoteForm {
    amount: String,
    tenor_months: String,
    purpose: String,
    monthly_income: String,
    other_instalments: String,
    bank: String,
    account_number: String,
}

/// What the form asks for.
#[derive(Debug)]
struct Wish {
    request: QuoteRequest,
    purpose: Purpose,
    change: ProfileChange,
}

impl QuoteForm {
    /// Prices the wish and keeps what is new in the profile; refuses what the engine would decline. What is refused
    /// keeps nothing. Says where the quote is shown.
    async fn price(&self, visit: &Visit, key: &str) -> Result<String, Error> {
        let profile = visit.backend.users.profile(&visit.actor).await?;
        let terms = terms_for(visit, &profile).await?;
        let wish = self.read(&terms, &profile).map_err(Error::Validation)?;
        check_share(visit, &stated(profile, &wish.change), terms, &wish.request).await?;
        // One page may be sent again with other terms after going back; each pair has its own key.
        let key = format!("{key}-{}-{}", wish.request.amount.get(), wish.request.tenor);
        if wish.change.bank_account.is_some() {
            // A quote names where the money goes, so a first account is kept before it. Nobody sees the quote of
            // this line: it only finds out whether there would be one.
            let before = format!("{key}-before");
            visit
                .backend
                .loans
                .quote(&visit.actor, wish.request.clone(), &before)
                .await?;
            keep(visit, wish.change).await?;
            let quote = visit.backend.loans.quote(&visit.actor, wish.request, &key).await?;
            return Ok(consent_path(quote.id, wish.purpose));
        }
        let quote = visit.backend.loans.quote(&visit.actor, wish.request, &key).await?;
        keep(visit, wish.change).await?;
        Ok(consent_path(quote.id, wish.purpose))
    }

    /// Reads every field and tells every fault, in the order of the page. Income and account are asked for only while
    /// the profile has none; an account that is there is changed in Akun, never here.
    fn read(&self, terms: &SimulatorTerms, profile: &Profile) -> Result<Wish, Vec<Fault>> {
        let mut faults = Vec::new();
        let amount = terms
            .read(&self.amount)
            .map_err(|words| faults.push(Fault::new("amount", "amount", words)))
            .ok();
        let tenor = self
            .tenor_months
            .parse()
            .ok()
            .filter(|months| terms.product.tenors.contains(months));
        if tenor.is_none() {
            faults.push(Fault::new(
                "tenor_months",
                "tenor_not_offered",
                "Pilih dicicil berapa bulan.",
            ));
        }
        let monthly_income = figure(
            "monthly_income",
            &self.monthly_income,
            known_income(profile),
            &mut faults,
        );
        if monthly_income.is_some_and(Rupiah::is_zero) {
            faults.push(Fault::new(
                "monthly_income",
                "required",
                "Tulis penghasilan bersih per bulan.",
            ));
        }
        let other_instalments = figure(
            "other_instalments",
            &self.other_instalments,
            profile.other_instalments.is_some(),
            &mut faults,
        );
        let purpose = Purpose::parse(&self.purpose);
        if purpose.is_none() {
            faults.push(Fault::new("purpose", "required", "Pilih untuk apa pinjaman ini."));
        }
        let bank_account = profile.bank_account.is_none().then(|| self.account(&mut faults));
        match (amount, tenor, purpose) {
            (Some(amount), Some(tenor), Some(purpose)) if faults.is_empty() => Ok(Wish {
                request: QuoteRequest {
                    amount,
                    tenor,
                    product: Some(terms.product.code.clone()),
                },
                purpose,
                change: ProfileChange {
                    monthly_income,
                    other_instalments,
                    bank_account,
                    ..ProfileChange::default()
                },
            }),
            _ => Err(faults),
        }
    }

    fn account(&self, faults: &mut Vec<Fault>) -> BankAccountInput {
        let account = BankAccountInput {
            bank: self.bank.clone(),
            number: self.account_number.clone(),
        };
        let (no_bank, no_number) = (self.bank.is_empty(), self.account_number.trim().is_empty());
        faults.extend(account.faults().into_iter().map(|fault| match fault.field.as_str() {
            "bank" if no_bank => Fault::new("bank", "required", "Pilih bank penerima."),
            "number" if no_number => Fault::new("account_number", "required", "Tulis nomor rekening."),
            "number" => Fault::new("account_number", &fault.code, fault.message),
            _ => fault,
        }));
        account
    }
}

/// An amount a month; nothing when it was not asked for.
fn figure(field: &str, text: &str, known: bool, faults: &mut Vec<Fault>) -> Option<Rupiah> {
    if known && text.trim().is_empty() {
        return None;
    }
    let read = Rupiah::parse(text);
    read.map_err(|error| faults.push(Fault::new(field, error.code(), error.to_string())))
        .ok()
}

/// Product and limit that the form is read with; refuses who may not borrow yet.
async fn terms_for(visit: &Visit, profile: &Profile) -> Result<SimulatorTerms, Error> {
    if profile.kyc_status != KycStatus::Verified {
        return Err(Refusal::KycIncomplete.into());
    }
    let (_, available) = visit.backend.loans.limit(&visit.actor).await?;
    Ok(terms(visit, standard_product(visit).await?, "/ajukan", Some(available)))
}

/// The profile as it would be, for the takaran.
fn stated(profile: Profile, change: &ProfileChange) -> Profile {
    Profile {
        monthly_income: change.monthly_income.or(profile.monthly_income),
        other_instalments: change.other_instalments.or(profile.other_instalments),
        ..profile
    }
}

/// Writes what is new into the profile.
async fn keep(visit: &Visit, change: ProfileChange) -> Result<(), Error> {
    if change == ProfileChange::default() {
        return Ok(());
    }
    visit.backend.users.update_profile(&visit.actor, change).await.map(drop)
}

/// Tells before consent what the engine would decline: instalments above the share of income.
async fn check_share(
    visit: &Visit,
    profile: &Profile,
    mut terms: SimulatorTerms,
    request: &QuoteRequest,
) -> Result<(), Error> {
    ask(
        &mut terms,
        &request.amount.get().to_string(),
        &request.tenor.to_string(),
    );
    let figures = terms.figures(terms.amount, terms.tenor);
    match gauge_of(visit, profile).await?.zip(figures) {
        Some((gauge, figures)) if !gauge.fits(figures.burden) => {
            let words = format!(
                "Cicilan ini melewati batas {}% penghasilan. Turunkan jumlah atau tambah bulan.",
                gauge.share_percent
            );
            Err(Error::fault("amount", "over_share", words))
        }
        _ => Ok(()),
    }
}

/// The consent as the services want it; an empty box is told before anything else is asked of the person.
async fn consent(
    visit: &Visit,
    quote: &str,
    disclosure_hash: String,
    purpose: &str,
    accepted: &str,
) -> Result<ApplyRequest, Error> {
    if accepted.is_empty() {
        return Err(Error::fault(
            "accepted",
            "not_accepted",
            "Centang dulu pernyataan di atas.",
        ));
    }
    let profile = visit.backend.users.profile(&visit.actor).await?;
    Ok(ApplyRequest {
        quote_id: quote.parse().map_err(|_| Error::NotFound)?,
        disclosure_hash,
        accepted: true,
        purpose: Purpose::parse(purpose)
            .ok_or_else(|| Error::fault("purpose", "required", "Pilih untuk apa pinjaman ini."))?,
        monthly_income: profile.monthly_income.unwrap_or(Rupiah::ZERO),
        other_instalments: profile.other_instalments.unwrap_or(Rupiah::ZERO),
    })
}

/// Back to the consent page with a quote of the same terms at today's figures.
async fn show_again(visit: &Visit, request: &ApplyRequest) -> Result<(), Error> {
    let old = visit.backend.loans.get_quote(&visit.actor, request.quote_id).await?;
    visit.go(changed_path(quote_again(visit, &old).await?.id, request.purpose));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{id::UserId, loans::product::Product, users::BankAccount};
    use time::macros::{date, datetime};

    fn sari() -> Profile {
        Profile {
            user_id: UserId(uuid::Uuid::from_u128(1)),
            full_name: "Sari Wulandari".into(),
            masked_nik: String::new(),
            masked_phone: String::new(),
            email: "sari@contoh.id".into(),
            birth_date: date!(1995 - 08 - 17),
            address: None,
            occupation: None,
            employer: None,
            monthly_income: None,
            other_instalments: None,
            bank_account: None,
            kyc_status: KycStatus::Verified,
            retake: None,
            created_at: datetime!(2026-09-01 00:00 UTC),
        }
    }

    fn terms() -> SimulatorTerms {
        SimulatorTerms {
            product: Product::sanggup_tunai(),
            start: date!(2026 - 09 - 05),
            most: Rupiah::new(4_000_000),
            limited: true,
            amount: Rupiah::new(3_000_000),
            tenor: 6,
            gauge: None,
            asks_income: true,
            page: "/ajukan".into(),
            action: "/_fn/quote".into(),
            button: String::new(),
            next: String::new(),
            faults: Vec::new(),
        }
    }

    fn form() -> QuoteForm {
        QuoteForm {
            amount: "3.000.000".into(),
            tenor_months: "6".into(),
            purpose: "household".into(),
            monthly_income: "Rp4.500.000".into(),
            other_instalments: "0".into(),
            bank: "BCA".into(),
            account_number: "1234 5678 90".into(),
        }
    }

    #[test]
    fn a_first_application_brings_income_and_account() {
        let wish = form().read(&terms(), &sari()).expect("sound");
        assert_eq!(
            (wish.request.amount.get(), wish.request.tenor, wish.purpose),
            (3_000_000, 6, Purpose::Household)
        );
        assert_eq!(wish.change.monthly_income, Some(Rupiah::new(4_500_000)));
        assert_eq!(wish.change.other_instalments, Some(Rupiah::ZERO));
        assert_eq!(wish.change.bank_account.map(|account| account.bank), Some("BCA".into()));
    }

    #[test]
    fn an_empty_form_is_told_every_fault_in_the_order_of_the_page() {
        let empty = QuoteForm {
            amount: String::new(),
            tenor_months: "7".into(),
            purpose: String::new(),
            monthly_income: String::new(),
            other_instalments: String::new(),
            bank: String::new(),
            account_number: " ".into(),
        };
        let faults = empty.read(&terms(), &sari()).expect_err("nothing was typed");
        let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "amount",
                "tenor_months",
                "monthly_income",
                "other_instalments",
                "purpose",
                "bank",
                "account_number"
            ]
        );
    }

    #[test]
    fn a_number_that_is_no_account_is_told_with_the_other_faults() {
        let wrong = QuoteForm {
            amount: "400.000".into(),
            account_number: "12".into(),
            ..form()
        };
        let faults = wrong.read(&terms(), &sari()).expect_err("two are wrong");
        let told: Vec<_> = faults
            .iter()
            .map(|fault| (fault.field.as_str(), fault.code.as_str()))
            .collect();
        assert_eq!(told, [("amount", "amount"), ("account_number", "account_number")]);
    }

    #[test]
    fn the_takaran_counts_what_was_typed_before_it_is_kept() {
        let known = Profile {
            monthly_income: Some(Rupiah::new(4_500_000)),
            other_instalments: Some(Rupiah::new(350_000)),
            ..sari()
        };
        let change = ProfileChange {
            monthly_income: Some(Rupiah::new(5_000_000)),
            ..ProfileChange::default()
        };
        let stated = stated(known, &change);
        assert_eq!(
            (stated.monthly_income, stated.other_instalments),
            (Some(Rupiah::new(5_000_000)), Some(Rupiah::new(350_000)))
        );
    }

    #[test]
    fn what_the_profile_has_is_not_asked_for_and_an_account_is_never_changed_here() {
        let known = Profile {
            monthly_income: Some(Rupiah::new(4_500_000)),
            other_instalments: Some(Rupiah::ZERO),
            bank_account: Some(BankAccount {
                bank: "BCA".into(),
                masked_number: "•••• 4821".into(),
                holder: "Sari Wulandari".into(),
                changed_at: None,
            }),
            ..sari()
        };
        let bare = QuoteForm {
            monthly_income: String::new(),
            other_instalments: String::new(),
            ..form()
        };
        let wish = bare.read(&terms(), &known).expect("sound");
        assert_eq!(wish.change, ProfileChange::default());
        let changed = QuoteForm {
            monthly_income: "5.000.000".into(),
            other_instalments: String::new(),
            ..form()
        };
        let wish = changed.read(&terms(), &known).expect("sound");
        assert_eq!(
            (wish.change.monthly_income, wish.change.bank_account),
            (Some(Rupiah::new(5_000_000)), None)
        );
    }

    #[test]
    fn the_words_of_the_amount_are_those_of_the_design() {
        let words = |amount: &str| {
            let faults = QuoteForm {
                amount: amount.into(),
                ..form()
            }
            .read(&terms(), &sari())
            .expect_err("out of range");
            faults[0].message.clone()
        };
        assert_eq!(words("400.000"), "Paling sedikit Rp500.000.");
        assert_eq!(words("4.100.000"), "Paling banyak Rp4.000.000, sesuai limit Anda.");
        assert_eq!(words("3.050.000"), "Isi kelipatan Rp100.000.");
    }
}
