//! The names that sealed fields are bound to. Changing one makes what is stored unreadable.

pub(super) const NAME: &str = "users.profile.name";
pub(super) const NIK: &str = "users.profile.nik";
pub(super) const BIRTH_DATE: &str = "users.profile.birth_date";
pub(super) const PHONE: &str = "users.profile.phone";
pub(super) const EMAIL: &str = "users.profile.email";
pub(super) const ADDRESS: &str = "users.profile.address";
pub(super) const OCCUPATION: &str = "users.profile.occupation";
pub(super) const EMPLOYER: &str = "users.profile.employer";
pub(super) const MONTHLY_INCOME: &str = "users.profile.monthly_income";
pub(super) const OTHER_INSTALMENTS: &str = "users.profile.other_instalments";
pub(super) const ACCOUNT_NUMBER: &str = "users.bank_account.number";
