//! The terms of a simulator as one attribute of its form: about 150 characters instead of a JSON product, and no
//! JSON reader in the browser half. Written by the server, read by the island of the same build.

use domain::money::Rounding;

#[cfg(any(feature = "hydrate", test))]
pub(crate) use reading::decode;
#[cfg(feature = "ssr")]
pub(crate) use writing::encode;

/// A rounding is sent as its place in this list.
const ROUNDINGS: [Rounding; 5] = [
    Rounding::HalfEven,
    Rounding::HalfUp,
    Rounding::Floor,
    Rounding::Ceil,
    Rounding::AwayFromZero,
];

#[cfg(feature = "ssr")]
mod writing {
    use domain::loans::product::{Fee, FeeAmount};

    use super::ROUNDINGS;
    use crate::islands::SimulatorTerms;

    /// Everything that decides a figure, in a fixed order, with `|` between.
    pub(crate) fn encode(terms: &SimulatorTerms) -> String {
        let product = &terms.product;
        let list = |numbers: Vec<String>| numbers.join(",");
        let gauge = terms.gauge.map(|gauge| {
            list(vec![
                gauge.income.get().to_string(),
                gauge.existing.get().to_string(),
                gauge.share_percent.to_string(),
            ])
        });
        let rounding = ROUNDINGS
            .iter()
            .position(|rounding| *rounding == product.interest_rounding)
            .unwrap_or(0);
        [
            terms.start.to_julian_day().to_string(),
            terms.most.get().to_string(),
            u8::from(terms.limited).to_string(),
            terms.amount.get().to_string(),
            terms.tenor.to_string(),
            gauge.unwrap_or_default(),
            list(
                [product.amount.min, product.amount.max, product.amount.step]
                    .map(|amount| amount.get().to_string())
                    .to_vec(),
            ),
            list(product.tenors.iter().map(ToString::to_string).collect()),
            product.method.as_str().to_owned(),
            list(vec![product.rate.ppm.to_string(), product.rate.per.as_str().to_owned()]),
            product.day_count.as_str().to_owned(),
            product.every.to_string(),
            product.multiple.get().to_string(),
            product.instalment_rounding.as_str().to_owned(),
            rounding.to_string(),
            product
                .fixed_instalment
                .map(|amount| amount.get().to_string())
                .unwrap_or_default(),
            product.month_end.as_str().to_owned(),
            product.due_policy.as_str().to_owned(),
            product.holiday_rule.as_str().to_owned(),
            list(product.fees.iter().map(fee_words).collect()),
        ]
        .join("|")
    }

    fn fee_words(fee: &Fee) -> String {
        let (kind, number) = match fee.amount {
            FeeAmount::PpmOfPrincipal(ppm) => ('p', ppm),
            FeeAmount::PpmOfInstalment(ppm) => ('i', ppm),
            FeeAmount::Fixed(amount) => ('f', amount.get()),
        };
        format!("{kind}{number} {} {}", fee.when.as_str(), u8::from(fee.deducted))
    }
}

#[cfg(any(feature = "hydrate", test))]
mod reading {
    use domain::{
        calendar::{DayCount, DuePolicy, HolidayRule, MonthEnd},
        loans::{
            affordability::Gauge,
            product::{AmountRange, Fee, FeeAmount, FeeWhen, InstalmentRounding, Method, Product},
        },
        money::Rupiah,
        rate::{Per, Rate},
    };
    use time::Date;

    use super::ROUNDINGS;
    use crate::islands::SimulatorTerms;

    fn rupiah(text: &str) -> Option<Rupiah> {
        text.parse().ok().map(Rupiah::new)
    }

    /// The value of an option by its fixed spelling.
    fn option<T: Copy>(all: &[T], spelling: fn(T) -> &'static str, text: &str) -> Option<T> {
        all.iter().copied().find(|value| spelling(*value) == text)
    }

    fn fee(text: &str) -> Option<Fee> {
        let mut words = text.split(' ');
        let amount = words.next()?;
        let number = amount.get(1..)?.parse().ok()?;
        Some(Fee {
            what: String::new(),
            amount: match amount.get(..1)? {
                "p" => FeeAmount::PpmOfPrincipal(number),
                "i" => FeeAmount::PpmOfInstalment(number),
                _ => FeeAmount::Fixed(Rupiah::new(number)),
            },
            when: option(FeeWhen::ALL, FeeWhen::as_str, words.next()?)?,
            deducted: words.next()? == "1",
        })
    }

    /// The reverse of `encode`; words that decide no figure are empty. `None` for an attribute of another build.
    pub(crate) fn decode(text: &str) -> Option<SimulatorTerms> {
        let mut parts = text.split('|');
        let mut next = || parts.next();
        let start = Date::from_julian_day(next()?.parse().ok()?).ok()?;
        let (most, limited) = (rupiah(next()?)?, next()? == "1");
        let (amount, tenor) = (rupiah(next()?)?, next()?.parse().ok()?);
        let gauge = match next()? {
            "" => None,
            text => {
                let mut numbers = text.split(',');
                Some(Gauge {
                    income: rupiah(numbers.next()?)?,
                    existing: rupiah(numbers.next()?)?,
                    share_percent: numbers.next()?.parse().ok()?,
                })
            }
        };
        let mut range = next()?.split(',').map(rupiah);
        let range = AmountRange {
            min: range.next()??,
            max: range.next()??,
            step: range.next()??,
        };
        let tenors = next()?
            .split(',')
            .map(|months| months.parse().ok())
            .collect::<Option<Vec<u32>>>()?;
        let method = option(Method::ALL, Method::as_str, next()?)?;
        let (ppm, per) = next()?.split_once(',')?;
        let product = Product {
            method,
            rate: Rate {
                ppm: ppm.parse().ok()?,
                per: option(Per::ALL, Per::as_str, per)?,
            },
            amount: range,
            tenors,
            day_count: option(DayCount::ALL, DayCount::as_str, next()?)?,
            every: next()?.parse().ok()?,
            multiple: rupiah(next()?)?,
            instalment_rounding: option(InstalmentRounding::ALL, InstalmentRounding::as_str, next()?)?,
            interest_rounding: *ROUNDINGS.get(next()?.parse::<usize>().ok()?)?,
            fixed_instalment: match next()? {
                "" => None,
                text => Some(rupiah(text)?),
            },
            month_end: option(MonthEnd::ALL, MonthEnd::as_str, next()?)?,
            due_policy: option(DuePolicy::ALL, DuePolicy::as_str, next()?)?,
            holiday_rule: option(HolidayRule::ALL, HolidayRule::as_str, next()?)?,
            fees: next()?
                .split(',')
                .filter(|text| !text.is_empty())
                .map(fee)
                .collect::<Option<_>>()?,
            ..Product::sanggup_tunai()
        };
        Some(SimulatorTerms {
            product,
            start,
            most,
            limited,
            amount,
            tenor,
            gauge,
            asks_income: false,
            page: String::new(),
            action: String::new(),
            button: String::new(),
            next: String::new(),
            faults: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        calendar::{DayCount, DuePolicy, HolidayRule, MonthEnd, Period},
        loans::product::{Fee, FeeAmount, FeeWhen, InstalmentRounding, Method, Product},
        money::Rupiah,
        rate::Rate,
    };

    use super::*;
    use crate::islands::{SimulatorTerms, simulation::tests::sari};

    /// What the browser may know of terms.
    fn figures_only(terms: &SimulatorTerms) -> SimulatorTerms {
        SimulatorTerms {
            page: String::new(),
            action: String::new(),
            button: String::new(),
            ..terms.clone()
        }
    }

    #[test]
    fn the_terms_of_the_catalogue_survive_the_attribute() {
        let terms = sari();
        assert_eq!(decode(&encode(&terms)), Some(figures_only(&terms)));
        assert!(encode(&terms).len() < 200, "{}", encode(&terms));
    }

    #[test]
    fn every_term_that_decides_a_figure_survives() {
        let fee = |amount, when, deducted| Fee {
            what: String::new(),
            amount,
            when,
            deducted,
        };
        let mut terms = SimulatorTerms {
            gauge: None,
            limited: false,
            ..sari()
        };
        terms.product = Product {
            method: Method::EqualPrincipal,
            rate: Rate::yearly(300_000),
            day_count: DayCount::ActAct,
            every: Period::Weeks(2),
            multiple: Rupiah::new(100),
            instalment_rounding: InstalmentRounding::Ceil,
            interest_rounding: Rounding::AwayFromZero,
            fixed_instalment: Some(Rupiah::new(250_000)),
            month_end: MonthEnd::Roll,
            due_policy: DuePolicy::LastOfMonth,
            holiday_rule: HolidayRule::NextBusinessDay,
            fees: vec![
                fee(FeeAmount::PpmOfPrincipal(5_000), FeeWhen::UpFront, true),
                fee(FeeAmount::PpmOfInstalment(700), FeeWhen::EachInstalment, false),
                fee(FeeAmount::Fixed(Rupiah::new(10_000)), FeeWhen::UpFront, false),
            ],
            ..Product::sanggup_tunai()
        };
        assert_eq!(decode(&encode(&terms)), Some(figures_only(&terms)));
    }

    #[test]
    fn an_attribute_of_another_build_is_no_terms() {
        assert_eq!(decode(""), None);
        assert_eq!(decode(&encode(&sari()).replace("annuity", "balloon")), None);
        assert_eq!(decode(&encode(&sari())[..40]), None);
    }
}
