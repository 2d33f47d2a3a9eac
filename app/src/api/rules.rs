//! Forms of staff about products, caps, policies and proposals, under `/_fn/petugas/`.
#![expect(missing_docs, reason = "of every function the macro makes a struct of its arguments")]

use super::{Answer, reply};
use domain::{
    Error, Rupiah,
    audit::Verdict,
    calendar::{HolidayRule, parse_date},
    loans::{
        PolicyStatus,
        affordability::ShareVersion,
        cap::{CapRow, CapStatus, LateBase, PassThroughExcluded, TenorClass},
        decision::{IncomeMinimum, Policy, Rule},
        product::{AmountRange, PrepayMode, Product, PurposeType},
    },
    rate::{Per, Rate},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ProductForm {
    base: String,
    product: String,
    name: String,
    rate: String,
    min: String,
    max: String,
    step: String,
    tenors: String,
    late: String,
    grace: String,
    holiday: String,
    prepay: String,
    valid_from: String,
    valid_until: String,
    reason: String,
}

/// Proposes the next version of a product.
#[server(prefix = "/_fn", endpoint = "petugas/propose_product")]
pub async fn propose_product(#[server(flatten)] form: ProductForm) -> Answer {
    reply(async |visit| {
        let loans = &visit.backend.loans;
        let known = loans.list_product_versions(&visit.actor).await?;
        let base = known
            .into_iter()
            .map(|known| known.product)
            .find(|product| product.code == form.base);
        let product = form.over(base.ok_or(Error::NotFound)?)?;
        loans.propose_product(&visit.actor, product, &form.reason).await?;
        visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
        Ok(())
    })
    .await
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CapForm {
    id: String,
    valid_from: String,
    purpose: String,
    tenor: String,
    benefit: String,
    late: String,
    base: String,
    total: String,
    source: String,
    reason: String,
}

/// Proposes a row of the cap table.
#[server(prefix = "/_fn", endpoint = "petugas/propose_cap")]
pub async fn propose_cap(#[server(flatten)] form: CapForm) -> Answer {
    reply(async |visit| {
        let row = form.row()?;
        visit.backend.loans.propose_cap(&visit.actor, row, &form.reason).await?;
        visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
        Ok(())
    })
    .await
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyForm {
    version: String,
    shares: String,
    minimums: String,
    age_min: String,
    platforms: String,
    ceiling: String,
    bureau: String,
    limits: String,
    second_officer: String,
    offer_days: String,
    review_days: String,
    rules: String,
    valid_until: String,
}

/// Stores a draft of a policy.
#[server(prefix = "/_fn", endpoint = "petugas/save_policy")]
pub async fn save_policy(#[server(flatten)] form: PolicyForm) -> Answer {
    reply(async |visit| {
        // The last version in force, its last day over or not: an expired policy must be followed by another.
        let versions = visit.backend.loans.list_policies(&visit.actor).await?;
        let live = versions.into_iter().find(|known| known.status == PolicyStatus::Active);
        let base = live.map_or_else(Policy::first, |known| known.policy);
        visit.backend.loans.save_policy(&visit.actor, form.over(base)?).await?;
        visit.go_saying("/petugas/kebijakan", "Rancangan disimpan.");
        Ok(())
    })
    .await
}

/// Fixes a draft and runs it beside the live policy.
#[server(prefix = "/_fn", endpoint = "petugas/shadow_policy")]
pub async fn shadow_policy(#[server(default)] version: String) -> Answer {
    reply(async |visit| {
        let version = number("version", &version)?;
        visit.backend.loans.shadow_policy(&visit.actor, version).await?;
        visit.go_saying("/petugas/kebijakan", "Kebijakan berjalan sebagai bayangan.");
        Ok(())
    })
    .await
}

/// Ends a shadow without putting it in force.
#[server(prefix = "/_fn", endpoint = "petugas/retire_policy")]
pub async fn retire_policy(#[server(default)] version: String) -> Answer {
    reply(async |visit| {
        let version = number("version", &version)?;
        visit.backend.loans.retire_policy(&visit.actor, version).await?;
        visit.go_saying("/petugas/kebijakan", "Bayangan selesai tanpa diberlakukan.");
        Ok(())
    })
    .await
}

/// Decides the applications of a period again.
#[server(prefix = "/_fn", endpoint = "petugas/back_test")]
pub async fn back_test(
    #[server(default)] version: String,
    #[server(default)] from: String,
    #[server(default)] until: String,
) -> Answer {
    reply(async |visit| {
        let (version, from, until) = (
            number("version", &version)?,
            date("from", &from)?,
            date("until", &until)?,
        );
        visit
            .backend
            .loans
            .back_test(&visit.actor, version, from, until)
            .await?;
        visit.go_saying("/petugas/kebijakan", "Laporan uji mundur disimpan.");
        Ok(())
    })
    .await
}

/// Proposes to put a policy in force.
#[server(prefix = "/_fn", endpoint = "petugas/propose_policy")]
pub async fn propose_policy(#[server(default)] version: String, #[server(default)] reason: String) -> Answer {
    reply(async |visit| {
        let version = number("version", &version)?;
        visit
            .backend
            .loans
            .propose_policy(&visit.actor, version, &reason)
            .await?;
        visit.go_saying("/petugas/usulan", "Usulan menunggu orang kedua.");
        Ok(())
    })
    .await
}

/// Approves, rejects or withdraws a proposal.
#[server(prefix = "/_fn", endpoint = "petugas/close_proposal")]
pub async fn close_proposal(
    #[server(default)] proposal: String,
    #[server(default)] verdict: String,
    #[server(default)] reason: String,
) -> Answer {
    reply(async |visit| {
        let proposal = proposal.parse().map_err(|_| Error::NotFound)?;
        let verdict = verdict
            .parse::<Verdict>()
            .map_err(|_| Error::fault("", "verdict", "Pilih salah satu keputusan."))?;
        visit
            .backend
            .audit
            .close_proposal(&visit.actor, proposal, verdict, &reason)
            .await?;
        visit.go_saying("/petugas/usulan", "Usulan selesai diputuskan.");
        Ok(())
    })
    .await
}

fn number<T: std::str::FromStr>(field: &str, text: &str) -> Result<T, Error> {
    text.trim()
        .parse()
        .map_err(|_| Error::fault(field, "number", "Tulis angka."))
}

fn rupiah(field: &str, text: &str) -> Result<Rupiah, Error> {
    Rupiah::parse(text).map_err(|_| Error::fault(field, "amount", "Tulis jumlah dalam rupiah."))
}

fn date(field: &str, text: &str) -> Result<Date, Error> {
    parse_date(text.trim()).map_err(|_| Error::fault(field, "date", "Tulis tanggal, misalnya 2026-12-01."))
}

/// Nothing, or a date.
fn optional_date(field: &str, text: &str) -> Result<Option<Date>, Error> {
    let text = text.trim();
    (!text.is_empty()).then(|| date(field, text)).transpose()
}

/// A percent with a point, as ppm.
fn percent(field: &str, text: &str) -> Result<i64, Error> {
    let rate =
        Rate::parse(text.trim(), Per::Day).map_err(|error| Error::fault(field, error.code(), error.to_string()))?;
    Ok(rate.ppm)
}

fn chosen<T: std::str::FromStr>(field: &str, text: &str) -> Result<T, Error> {
    text.parse()
        .map_err(|_| Error::fault(field, "choice", "Pilih salah satu."))
}

/// One of many, `None` for "all".
fn any_of<T: std::str::FromStr>(field: &str, text: &str) -> Result<Option<T>, Error> {
    (!text.is_empty()).then(|| chosen(field, text)).transpose()
}

impl ProductForm {
    /// The product with what the form changes.
    fn over(&self, base: Product) -> Result<Product, Error> {
        let tenors: Result<Vec<u32>, Error> = self.tenors.split(',').map(|tenor| number("tenors", tenor)).collect();
        let mut product = base;
        product.code = self.product.trim().to_owned();
        product.name = self.name.trim().to_owned();
        product.rate = Rate {
            ppm: percent("rate", &self.rate)?,
            per: product.rate.per,
        };
        product.amount = AmountRange {
            min: rupiah("min", &self.min)?,
            max: rupiah("max", &self.max)?,
            step: rupiah("step", &self.step)?,
        };
        product.tenors = tenors?;
        product.late_fee.ppm = percent("late", &self.late)?;
        product.late_fee.grace_days = number("grace", &self.grace)?;
        product.holiday_rule = chosen::<HolidayRule>("holiday", &self.holiday)?;
        product.prepay_default = chosen::<PrepayMode>("prepay", &self.prepay)?;
        product.valid_from = date("valid_from", &self.valid_from)?;
        product.valid_until = optional_date("valid_until", &self.valid_until)?;
        Ok(product)
    }
}

impl CapForm {
    fn row(&self) -> Result<CapRow, Error> {
        Ok(CapRow {
            id: self.id.trim().to_owned(),
            valid_from: date("valid_from", &self.valid_from)?,
            purpose_type: any_of::<PurposeType>("purpose", &self.purpose)?,
            tenor: any_of::<TenorClass>("tenor", &self.tenor)?,
            benefit_ppm_per_day: Some(percent("benefit", &self.benefit)?),
            late_ppm_per_day: Some(percent("late", &self.late)?),
            late_base: chosen::<LateBase>("base", &self.base)?,
            total_cap_percent: number("total", &self.total)?,
            pass_through_excluded: PassThroughExcluded::default(),
            status: CapStatus::InForce,
            source_note: self.source.trim().to_owned(),
        })
    }
}

impl PolicyForm {
    /// The policy with what the form changes; the days of the ladder stay.
    fn over(&self, base: Policy) -> Result<Policy, Error> {
        let limits: Result<Vec<Rupiah>, Error> = self.limits.split(',').map(|limit| rupiah("limits", limit)).collect();
        let mut policy = base;
        policy.version = number("version", &self.version)?;
        policy.shares = dated("shares", &self.shares, |valid_from, percent| {
            let percent = number("shares", percent)?;
            Ok(ShareVersion { valid_from, percent })
        })?;
        policy.income_minimums = dated("minimums", &self.minimums, |valid_from, amount| {
            let amount = rupiah("minimums", amount)?;
            Ok(IncomeMinimum { valid_from, amount })
        })?;
        policy.age_min = number("age_min", &self.age_min)?;
        policy.max_platforms = number("platforms", &self.platforms)?;
        policy.consumptive_ceiling = rupiah("ceiling", &self.ceiling)?;
        policy.bureau_required = match self.bureau.trim() {
            "ya" => true,
            "tidak" => false,
            _ => return Err(Error::fault("bureau", "choice", "Tulis ya atau tidak.")),
        };
        policy.ladder.limits = limits?;
        policy.second_officer_above = rupiah("second_officer", &self.second_officer)?;
        policy.counter_offer_days = number("offer_days", &self.offer_days)?;
        policy.review_days = number("review_days", &self.review_days)?;
        policy.valid_until = optional_date("valid_until", &self.valid_until)?;
        let lines = self.rules.lines().filter(|line| !line.trim().is_empty());
        policy.rules = lines
            .map(|line| {
                Rule::parse(line)
                    .ok_or_else(|| Error::fault("rules", "rule", format!("Baris ini bukan aturan: {line}")))
            })
            .collect::<Result<_, _>>()?;
        Ok(policy)
    }
}

/// Lines of a date and a value.
fn dated<T>(field: &str, text: &str, read: impl Fn(Date, &str) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let words = || Error::fault(field, "line", "Satu baris: tanggal, spasi, nilai.");
            let (from, value) = line.split_once(char::is_whitespace).ok_or_else(words)?;
            read(date(field, from)?, value.trim())
        })
        .collect()
}
