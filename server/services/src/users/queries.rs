//! Profiles as rows, and as people once their fields are open.

use super::fields;
use crate::{
    crypto::UserKey,
    failure::{Failure, Fallible},
};
use domain::{
    Rupiah,
    documents::DocumentKind,
    id::UserId,
    users::{BankAccount, Email, KycStatus, Nik, PersonName, Phone, Profile, Retake},
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime, format_description::well_known::Iso8601};
use uuid::Uuid;

/// A row of `users.profile`.
pub(super) struct ProfileRow {
    pub(super) user_id: Uuid,
    pub(super) name_sealed: Vec<u8>,
    pub(super) nik_sealed: Vec<u8>,
    pub(super) birth_date_sealed: Vec<u8>,
    pub(super) phone_sealed: Vec<u8>,
    pub(super) email_sealed: Vec<u8>,
    pub(super) address_sealed: Option<Vec<u8>>,
    pub(super) occupation_sealed: Option<Vec<u8>>,
    pub(super) employer_sealed: Option<Vec<u8>>,
    pub(super) monthly_income_sealed: Option<Vec<u8>>,
    pub(super) other_instalments_sealed: Option<Vec<u8>>,
    pub(super) kyc_status: String,
    pub(super) retake_kind: Option<String>,
    pub(super) retake_reason: Option<String>,
    pub(super) created_at: OffsetDateTime,
}

/// The profile of `user`; none when there is none.
pub(super) async fn find(connection: &mut PgConnection, user: UserId) -> Fallible<Option<ProfileRow>> {
    let row = sqlx::query_as!(
        ProfileRow,
        "select user_id, name_sealed, nik_sealed, birth_date_sealed, phone_sealed, email_sealed, address_sealed,
                occupation_sealed, employer_sealed, monthly_income_sealed, other_instalments_sealed, kyc_status,
                retake_kind, retake_reason, created_at
         from users.profile where user_id = $1",
        user.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row)
}

/// The current bank account, sealed.
pub(super) struct BankRow {
    pub(super) bank_account_id: Uuid,
    pub(super) bank: String,
    pub(super) number_sealed: Vec<u8>,
    pub(super) number_index: Vec<u8>,
    pub(super) changed_at: Option<OffsetDateTime>,
}

/// The current bank account of `user`.
pub(super) async fn find_bank_account(connection: &mut PgConnection, user: UserId) -> Fallible<Option<BankRow>> {
    let row = sqlx::query_as!(
        BankRow,
        "select bank_account_id, bank, number_sealed, number_index, changed_at
         from users.bank_account where user_id = $1 and replaced_at is null",
        user.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row)
}

/// Whether another account is paid to the bank account of `user`.
pub(super) async fn shares_bank_account(connection: &mut PgConnection, user: UserId) -> Fallible<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (
               select
               from users.bank_account own
               join users.bank_account other on other.number_index = own.number_index
                and other.user_id <> own.user_id and other.replaced_at is null
               where own.user_id = $1 and own.replaced_at is null
           ) as "shared!""#,
        user.0,
    )
    .fetch_one(connection)
    .await?)
}

/// Both in one round trip: nearly every page wants them.
pub(super) async fn find_with_bank_account(
    connection: &mut PgConnection,
    user: UserId,
) -> Fallible<Option<(ProfileRow, Option<BankRow>)>> {
    let row = sqlx::query!(
        r#"select p.user_id, p.name_sealed, p.nik_sealed, p.birth_date_sealed, p.phone_sealed, p.email_sealed,
                  p.address_sealed, p.occupation_sealed, p.employer_sealed, p.monthly_income_sealed,
                  p.other_instalments_sealed, p.kyc_status, p.retake_kind, p.retake_reason, p.created_at,
                  b.bank_account_id as "bank_account_id?", b.bank as "bank?", b.number_sealed as "number_sealed?",
                  b.number_index as "number_index?", b.changed_at
           from users.profile p
           left join users.bank_account b on b.user_id = p.user_id and b.replaced_at is null
           where p.user_id = $1"#,
        user.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let bank = match (row.bank_account_id, row.bank, row.number_sealed, row.number_index) {
            (Some(bank_account_id), Some(bank), Some(number_sealed), Some(number_index)) => Some(BankRow {
                bank_account_id,
                bank,
                number_sealed,
                number_index,
                changed_at: row.changed_at,
            }),
            _ => None,
        };
        let profile = ProfileRow {
            user_id: row.user_id,
            name_sealed: row.name_sealed,
            nik_sealed: row.nik_sealed,
            birth_date_sealed: row.birth_date_sealed,
            phone_sealed: row.phone_sealed,
            email_sealed: row.email_sealed,
            address_sealed: row.address_sealed,
            occupation_sealed: row.occupation_sealed,
            employer_sealed: row.employer_sealed,
            monthly_income_sealed: row.monthly_income_sealed,
            other_instalments_sealed: row.other_instalments_sealed,
            kyc_status: row.kyc_status,
            retake_kind: row.retake_kind,
            retake_reason: row.retake_reason,
            created_at: row.created_at,
        };
        (profile, bank)
    }))
}

/// "•••• 4821".
pub(super) fn masked_number(number: &str) -> String {
    format!(
        "•••• {}",
        number.get(number.len().saturating_sub(4)..).unwrap_or_default()
    )
}

/// A profile whose key is at hand.
pub(super) struct OpenProfile<'a> {
    pub(super) row: &'a ProfileRow,
    pub(super) key: &'a UserKey,
}

impl OpenProfile<'_> {
    fn text(&self, column: &str, sealed: &[u8]) -> Fallible<String> {
        self.key.open_text(column, self.row.user_id, sealed)
    }

    fn optional(&self, column: &str, sealed: Option<&Vec<u8>>) -> Fallible<Option<String>> {
        sealed.map(|sealed| self.text(column, sealed)).transpose()
    }

    fn amount(&self, column: &str, sealed: Option<&Vec<u8>>) -> Fallible<Option<Rupiah>> {
        let text = self.optional(column, sealed)?;
        text.map(|text| {
            text.parse()
                .map(Rupiah::new)
                .map_err(|_| Failure::broken(format!("{column} is not a number")))
        })
        .transpose()
    }

    pub(super) fn name(&self) -> Fallible<PersonName> {
        PersonName::parse(&self.text(fields::NAME, &self.row.name_sealed)?).map_err(Failure::broken)
    }

    pub(super) fn nik(&self) -> Fallible<Nik> {
        Nik::parse(&self.text(fields::NIK, &self.row.nik_sealed)?).map_err(Failure::broken)
    }

    pub(super) fn phone(&self) -> Fallible<Phone> {
        Phone::parse(&self.text(fields::PHONE, &self.row.phone_sealed)?).map_err(Failure::broken)
    }

    pub(super) fn email(&self) -> Fallible<Email> {
        Email::parse(&self.text(fields::EMAIL, &self.row.email_sealed)?).map_err(Failure::broken)
    }

    pub(super) fn birth_date(&self) -> Fallible<Date> {
        let text = self.text(fields::BIRTH_DATE, &self.row.birth_date_sealed)?;
        Date::parse(&text, &Iso8601::DATE).map_err(Failure::broken)
    }

    pub(super) fn kyc_status(&self) -> Fallible<KycStatus> {
        KycStatus::parse(&self.row.kyc_status).ok_or_else(|| Failure::broken("a profile has an unknown status"))
    }

    fn retake(&self) -> Fallible<Option<Retake>> {
        let (Some(kind), Some(reason)) = (&self.row.retake_kind, &self.row.retake_reason) else {
            return Ok(None);
        };
        let kind = DocumentKind::parse(kind).ok_or_else(|| Failure::broken("a retake of an unknown kind"))?;
        Ok(Some(Retake {
            kind,
            reason: reason.clone(),
        }))
    }

    /// Digits of the bank account.
    pub(super) fn account_number(&self, bank: &BankRow) -> Fallible<String> {
        self.key
            .open_text(fields::ACCOUNT_NUMBER, bank.bank_account_id, &bank.number_sealed)
    }

    pub(super) fn bank_account(&self, bank: &BankRow) -> Fallible<BankAccount> {
        Ok(BankAccount {
            bank: bank.bank.clone(),
            masked_number: masked_number(&self.account_number(bank)?),
            holder: self.name()?.to_string(),
            changed_at: bank.changed_at,
        })
    }

    /// The profile as its owner may see it.
    pub(super) fn shown(&self, bank: Option<&BankRow>) -> Fallible<Profile> {
        let row = self.row;
        Ok(Profile {
            user_id: UserId(row.user_id),
            full_name: self.name()?.to_string(),
            masked_nik: self.nik()?.masked(),
            masked_phone: self.phone()?.masked(),
            email: self.email()?.as_str().to_owned(),
            birth_date: self.birth_date()?,
            address: self.optional(fields::ADDRESS, row.address_sealed.as_ref())?,
            occupation: self.optional(fields::OCCUPATION, row.occupation_sealed.as_ref())?,
            employer: self.optional(fields::EMPLOYER, row.employer_sealed.as_ref())?,
            monthly_income: self.amount(fields::MONTHLY_INCOME, row.monthly_income_sealed.as_ref())?,
            other_instalments: self.amount(fields::OTHER_INSTALMENTS, row.other_instalments_sealed.as_ref())?,
            bank_account: bank.map(|bank| self.bank_account(bank)).transpose()?,
            kyc_status: self.kyc_status()?,
            retake: self.retake()?,
            created_at: row.created_at,
        })
    }
}
