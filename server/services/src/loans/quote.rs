//! A quote: priced terms of one borrower, stored with everything that will be shown, for thirty minutes.

use super::{
    AGREEMENT_VERSION, COMMANDS, Loans,
    catalogue::{as_i32, json},
    price::{disclosure_hash, price},
    queries,
};
use crate::{
    command::Command,
    failure::{Failure, Fallible},
};
use domain::{
    Actor, Error, Refusal, Rupiah,
    id::{QuoteId, UserId},
    loans::{Quote, QuoteRequest},
    users::{BankAccount, KycStatus, Profile},
};
use time::Duration;

impl Loans {
    pub(super) async fn make_quote(&self, actor: &Actor, request: QuoteRequest, key: &str) -> Fallible<Quote> {
        let user = actor.borrower()?;
        let command = Command::new(&COMMANDS, user, "quote", Some(key), &request)?;
        let work = self.price_for(actor, user, request, &command);
        command.once(&self.core, work).await
    }

    async fn price_for(
        &self,
        actor: &Actor,
        user: UserId,
        request: QuoteRequest,
        command: &Command<'_>,
    ) -> Fallible<Quote> {
        let profile = self.users.profile(actor).await?;
        if profile.kyc_status != KycStatus::Verified {
            return Err(Refusal::KycIncomplete.into());
        }
        if queries::has_open_application(&self.core.db, user).await? {
            return Err(Refusal::ActiveApplication.into());
        }
        // Nobody is offered what nobody could decide.
        self.policy_in_force().await?;
        let product = self.product(request.product.as_deref()).await?;
        let (_, available) = self.limit_of(user).await?;
        if request.amount > available && request.amount <= product.amount.max {
            let words = format!("Paling banyak {available}, sesuai limit Anda.");
            return Err(Error::fault("amount", "amount_above_limit", words).into());
        }
        let recipient = recipient(&profile);
        let today = self.core.clock.today();
        let rules = self.rules_for(&product).await?;
        let simulation = price(product, &rules, request.amount, request.tenor, today, &recipient)?;
        if !simulation.cap.pass {
            return Err(Refusal::CapExceeded.into());
        }
        let now = self.core.clock.now();
        let quote = Quote {
            id: QuoteId(self.core.clock.new_id()),
            disclosure_hash: disclosure_hash(&simulation.disclosure),
            payee_label: recipient,
            agreement_version: AGREEMENT_VERSION.into(),
            expires_at: now + Duration::minutes(30),
            simulation,
        };
        let mut tx = self.core.begin().await?;
        if let Some(first) = command.take_in(&mut tx, &self.core).await? {
            return Ok(first);
        }
        let sealed = queries::seal_recipient(&self.core.vault.user_key(&mut tx, user).await?, &quote);
        let account = profile
            .bank_account
            .as_ref()
            .map(BankAccount::label)
            .unwrap_or_default();
        let mut readable = quote.simulation.clone();
        readable.disclosure.recipient.clone_from(&account);
        sqlx::query!(
            "insert into loans.quote
                 (quote_id, user_id, product_code, product_version, amount, tenor, start_on, simulation,
                  disclosure_hash, payee_label, recipient_sealed, agreement_version, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            quote.id.0,
            user.0,
            quote.simulation.product.code,
            as_i32(quote.simulation.product.version)?,
            quote.simulation.amount.get(),
            i16::try_from(quote.simulation.tenor).map_err(Failure::broken)?,
            quote.simulation.start,
            json(&readable)?,
            quote.disclosure_hash,
            account,
            sealed,
            quote.agreement_version,
            now,
            quote.expires_at,
        )
        .execute(&mut *tx)
        .await?;
        command.answer_in(&mut tx, &self.core, &quote).await?;
        tx.commit().await?;
        Ok(quote)
    }

    pub(super) async fn find_quote(&self, actor: &Actor, id: QuoteId) -> Fallible<Quote> {
        let user = actor.borrower()?;
        let (quote, _) = queries::quote(&mut *self.core.db.acquire().await?, &self.core, user, id)
            .await?
            .ok_or(Error::NotFound)?;
        Ok(quote)
    }

    /// Limit and what of it is available, rupiah.
    pub(super) async fn limit_of(&self, user: UserId) -> Fallible<(Rupiah, Rupiah)> {
        let policy = match self.policy_in_force().await {
            Ok(policy) => policy,
            // Without a policy nothing may be borrowed; what runs already goes on.
            Err(Failure::Domain(_)) => return Ok((Rupiah::ZERO, Rupiah::ZERO)),
            Err(failure) => return Err(failure),
        };
        let standing = self.standing(user).await?;
        let limit = policy.ladder.limit(policy.ladder.standing(&standing.ladder));
        let available =
            domain::loans::limit::available(limit, standing.outstanding, standing.reserved).map_err(Failure::broken)?;
        Ok((limit, available))
    }

    pub(super) async fn limit_of_asker(&self, actor: &Actor) -> Fallible<(Rupiah, Rupiah)> {
        self.limit_of(actor.borrower()?).await
    }
}

/// "BCA •••• 4821, Sari Wulandari", empty without an account.
pub(super) fn recipient(profile: &Profile) -> String {
    profile
        .bank_account
        .as_ref()
        .map(|account| format!("{}, {}", account.label(), account.holder))
        .unwrap_or_default()
}
