//! The borrower's own changes.

use super::{Users, fields};
use crate::{audit, crypto::UserKey, failure::Fallible};
use domain::{
    Actor, Error, Fault, Rupiah,
    audit::Entry,
    id::UserId,
    users::{BankAccountInput, Profile, ProfileChange},
};
use sqlx::PgConnection;

/// The largest amount a month that is believed to be no slip of the finger: Rp1.000.000.000.
const MAX_MONTHLY: i64 = 1_000_000_000;

impl Users {
    pub(super) async fn change_profile(&self, actor: &Actor, change: ProfileChange) -> Fallible<Profile> {
        let user = actor.borrower()?;
        let faults = faults(&change);
        if !faults.is_empty() {
            return Err(Error::Validation(faults).into());
        }
        let mut tx = self.core.begin().await?;
        // Held, so that two changes of one person come one after the other.
        sqlx::query_scalar!(
            "select user_id from users.profile where user_id = $1 for update",
            user.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
        let key = self.core.vault.user_key(&mut tx, user).await?;
        self.write_fields_in(&mut tx, user, &key, &change).await?;
        if let Some(account) = &change.bank_account {
            self.set_bank_account_in(&mut tx, actor, user, &key, account).await?;
        }
        audit::record_in(
            &mut tx,
            &self.core,
            actor,
            Entry::allowed("users.update_profile", "account", user),
        )
        .await?;
        let profile = self.load_in(&mut tx, user).await?;
        tx.commit().await?;
        Ok(profile)
    }

    async fn write_fields_in(
        &self,
        connection: &mut PgConnection,
        user: UserId,
        key: &UserKey,
        change: &ProfileChange,
    ) -> Fallible<()> {
        let text = |column, value: &Option<String>| {
            value
                .as_ref()
                .map(|value| key.seal(column, user.0, value.trim().as_bytes()))
        };
        let amount = |column, value: Option<Rupiah>| {
            value.map(|value| key.seal(column, user.0, value.get().to_string().as_bytes()))
        };
        sqlx::query!(
            "update users.profile set
                 address_sealed = coalesce($2, address_sealed),
                 occupation_sealed = coalesce($3, occupation_sealed),
                 employer_sealed = coalesce($4, employer_sealed),
                 monthly_income_sealed = coalesce($5, monthly_income_sealed),
                 other_instalments_sealed = coalesce($6, other_instalments_sealed),
                 updated_at = $7
             where user_id = $1",
            user.0,
            text(fields::ADDRESS, &change.address),
            text(fields::OCCUPATION, &change.occupation),
            text(fields::EMPLOYER, &change.employer),
            amount(fields::MONTHLY_INCOME, change.monthly_income),
            amount(fields::OTHER_INSTALMENTS, change.other_instalments),
            self.core.clock.now(),
        )
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Everything wrong with a change, in the order of the fields.
fn faults(change: &ProfileChange) -> Vec<Fault> {
    let texts = [
        ("address", &change.address, 300, "Alamat paling panjang 300 karakter."),
        (
            "occupation",
            &change.occupation,
            100,
            "Pekerjaan paling panjang 100 karakter.",
        ),
        (
            "employer",
            &change.employer,
            100,
            "Nama tempat kerja paling panjang 100 karakter.",
        ),
    ];
    let texts = texts.into_iter().filter_map(|(field, value, most, words)| {
        let value = value.as_ref()?.trim();
        if value.is_empty() {
            Some(Fault::new(field, "required", "Isi kolom ini."))
        } else if value.chars().count() > most {
            Some(Fault::new(field, "too_long", words))
        } else if value.chars().any(|c| c.is_control() && c != '\n' && c != '\r') {
            Some(Fault::new(field, "characters", "Hapus tanda yang tidak terlihat."))
        } else {
            None
        }
    });
    let amounts = [
        (
            "monthly_income",
            change.monthly_income,
            "Periksa lagi penghasilan per bulan.",
        ),
        (
            "other_instalments",
            change.other_instalments,
            "Periksa lagi cicilan lain per bulan.",
        ),
    ];
    let amounts = amounts.into_iter().filter_map(|(field, value, words)| {
        value
            .filter(|value| !(0..=MAX_MONTHLY).contains(&value.get()))
            .map(|_| Fault::new(field, "out_of_range", words))
    });
    let account = change.bank_account.iter().flat_map(BankAccountInput::faults);
    texts.chain(amounts).chain(account).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(change: &ProfileChange) -> Vec<String> {
        faults(change).into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn limits_are_told_by_field() {
        assert_eq!(fields(&ProfileChange::default()), Vec::<String>::new());
        let change = ProfileChange {
            address: Some("x".repeat(301)),
            occupation: Some("  ".into()),
            employer: Some("PT\u{0}".into()),
            monthly_income: Some(Rupiah::new(-1)),
            other_instalments: Some(Rupiah::new(1_000_000_001)),
            bank_account: Some(BankAccountInput {
                bank: "XYZ".into(),
                number: "12".into(),
            }),
        };
        let expected = [
            "address",
            "occupation",
            "employer",
            "monthly_income",
            "other_instalments",
            "bank",
            "number",
        ];
        assert_eq!(fields(&change), expected);
        let good = ProfileChange {
            address: Some("Jl. Melati 3\nBandung".into()),
            monthly_income: Some(Rupiah::new(0)),
            bank_account: Some(BankAccountInput {
                bank: "BCA".into(),
                number: "1234 5678".into(),
            }),
            ..ProfileChange::default()
        };
        assert_eq!(fields(&good), Vec::<String>::new());
    }
}
