//! Consent and application in one transaction: no application exists without its consent, and none twice.

use super::{
    AGREEMENT_VERSION, COMMANDS, Loans,
    load::Surroundings,
    number,
    price::{disclosure_hash, price},
    queries,
    quote::recipient,
    snapshot::Figures,
};
use crate::{
    audit,
    command::Command,
    failure::{Failure, Fallible, OnConstraint as _},
    jobs::{self, Job},
    limits,
};
use domain::{
    Actor, Error, Refusal,
    audit::Entry,
    event::Event,
    id::{LoanId, UserId},
    loans::{ApplyRequest, Loan, Purpose, Quote},
    users::KycStatus,
};
use sqlx::PgConnection;

impl Loans {
    pub(super) async fn make_application(&self, actor: &Actor, request: ApplyRequest, key: &str) -> Fallible<Loan> {
        let user = actor.borrower()?;
        let command = Command::new(&COMMANDS, user, "apply", Some(key), &request)?;
        let work = self.apply_once(actor, user, request, &command);
        command.once(&self.core, work).await
    }

    async fn apply_once(
        &self,
        actor: &Actor,
        user: UserId,
        request: ApplyRequest,
        command: &Command<'_>,
    ) -> Fallible<Loan> {
        if let Some(id) = queries::application_of_quote(&self.core.db, user, request.quote_id).await? {
            let loan = self.get_of_asker(actor, id).await?;
            return self.keep(command, loan).await;
        }
        actor.require_fresh(self.core.clock.now())?;
        let address = limits::address(&actor.origin.address);
        self.core.limits.check("apply_ip", &address).await?;
        self.core.limits.check("apply", &user.to_string()).await?;
        check_figures(&request)?;
        let (quote, used) = queries::quote(&mut *self.core.db.acquire().await?, &self.core, user, request.quote_id)
            .await?
            .ok_or(Error::NotFound)?;
        if used {
            return Err(Refusal::QuoteUsed.into());
        }
        let now = self.core.clock.now();
        if quote.expires_at <= now {
            return Err(Refusal::QuoteExpired.into());
        }
        let profile = self.users.profile(actor).await?;
        if profile.kyc_status != KycStatus::Verified {
            return Err(Refusal::KycIncomplete.into());
        }
        if profile.bank_account.is_none() {
            return Err(Refusal::BankAccountMissing.into());
        }
        // The same terms priced again with today's product, caps, date and account: any difference needs new consent.
        let simulation = &quote.simulation;
        let product = self.product(Some(&simulation.product.code)).await?;
        let rules = self.rules_for(&product).await?;
        let today = price(
            product,
            &rules,
            simulation.amount,
            simulation.tenor,
            self.core.clock.today(),
            &recipient(&profile),
        )?;
        let current = disclosure_hash(&today.disclosure);
        let same = current == quote.disclosure_hash && request.disclosure_hash == quote.disclosure_hash;
        // The clauses on the page are those of today.
        if !same || quote.agreement_version != AGREEMENT_VERSION {
            return Err(Refusal::DisclosureChanged.into());
        }
        let figures = Figures {
            monthly_income: request.monthly_income,
            other_instalments: request.other_instalments,
        };
        let offer = self.offer_accepted_by(user, &quote, figures).await?;
        let mut around = Surroundings::default();
        if offer.is_some() {
            around.review_days = Some(self.review_days().await?);
        }
        let mut tx = self.core.begin().await?;
        if let Some(first) = command.take_in(&mut tx, &self.core).await? {
            return Ok(first);
        }
        let purpose = request.purpose;
        let id = match &offer {
            Some(offer) => {
                self.accept_offer_in(&mut tx, actor, user, offer, &quote, purpose)
                    .await?;
                offer.loan_id
            }
            None => self.submit_in(&mut tx, actor, user, &quote, figures, purpose).await?,
        };
        sqlx::query!(
            "insert into loans.agreement_consent (loan_id, quote_id, disclosure_hash, agreement_version, session_id, accepted_at)
             values ($1, $2, $3, $4, $5, $6)",
            id.0,
            quote.id.0,
            quote.disclosure_hash,
            quote.agreement_version,
            actor.session().map(|session| session.id.0),
            now,
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "update loans.quote set used_at = $2 where quote_id = $1",
            quote.id.0,
            now
        )
        .execute(&mut *tx)
        .await?;
        let loan = self.load_in(&mut tx, user, id, around).await?;
        command.answer_in(&mut tx, &self.core, &loan).await?;
        tx.commit().await?;
        Ok(loan)
    }

    /// An application that nobody looked at yet, and the job that decides it; the caller writes the consent.
    async fn submit_in(
        &self,
        tx: &mut PgConnection,
        actor: &Actor,
        user: UserId,
        quote: &Quote,
        figures: Figures,
        purpose: Purpose,
    ) -> Fallible<LoanId> {
        let id = LoanId(self.core.clock.new_id());
        let sealed = self.core.vault.user_key(tx, user).await?.seal(
            "loans.application.figures",
            id.0,
            &serde_json::to_vec(&figures).map_err(Failure::broken)?,
        );
        let made = sqlx::query!(
            "insert into loans.application
                 (loan_id, number, user_id, quote_id, purpose, figures_sealed, status, submitted_at)
             values ($1, $2, $3, $4, $5, $6, 'submitted', $7)",
            id.0,
            number::new(),
            user.0,
            quote.id.0,
            purpose.as_str(),
            sealed,
            self.core.clock.now(),
        )
        .execute(&mut *tx)
        .await;
        one_open(made)?;
        audit::record_in(tx, &self.core, actor, Entry::allowed("loans.apply", "loan", id)).await?;
        jobs::enqueue_in(tx, &Job::DecideApplication { loan_id: id }, None).await?;
        jobs::publish_in(
            tx,
            &self.core,
            Event::ApplicationSubmitted {
                user_id: user,
                loan_id: id,
            },
        )
        .await?;
        Ok(id)
    }
}

/// A borrower has one application that waits or was approved, and a quote becomes one application.
pub(super) fn one_open<T>(written: sqlx::Result<T>) -> Fallible<T> {
    written
        .on_constraint("application_one_open_key", |_| Refusal::ActiveApplication.into())
        .or_else(|failure| {
            Err::<_, Failure>(failure).on_constraint("application_quote_key", |_| Refusal::QuoteUsed.into())
        })
}

fn check_figures(request: &ApplyRequest) -> Fallible<()> {
    use domain::{Fault, Rupiah};
    let mut faults = Vec::new();
    if !request.accepted {
        faults.push(Fault::new(
            "accepted",
            "not_accepted",
            "Centang dulu pernyataan di atas.",
        ));
    }
    if request.monthly_income.get() < 0 || request.monthly_income > Rupiah::MAX_INPUT {
        faults.push(Fault::new(
            "monthly_income",
            "out_of_range",
            "Tulis penghasilan bersih per bulan, dalam rupiah.",
        ));
    }
    if request.other_instalments.get() < 0 || request.other_instalments > Rupiah::MAX_INPUT {
        faults.push(Fault::new(
            "other_instalments",
            "out_of_range",
            "Tulis cicilan lain per bulan, dalam rupiah. Isi 0 kalau tidak ada.",
        ));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Error::Validation(faults).into())
    }
}
