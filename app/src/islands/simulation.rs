//! The figures behind the simulator: terms and a choice enter, instalments and words leave. The same engine as the
//! server's, so what moves under the finger is what the quote will say.

use domain::{
    error::Fault,
    loans::{
        affordability::{Gauge, burden_of},
        product::Product,
        schedule::{Terms, schedule},
    },
    money::Rupiah,
};
use time::Date;

/// What a simulator starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatorTerms {
    /// The product version in force.
    pub product: Product,
    /// Day of disbursement, today in Jakarta.
    pub start: Date,
    /// Largest amount: the borrower's limit, or the product's.
    pub most: Rupiah,
    /// Whether `most` is the borrower's own limit.
    pub limited: bool,
    /// Amount asked for.
    pub amount: Rupiah,
    /// Months asked for.
    pub tenor: u16,
    /// Takaran of the borrower; `None` while income is unknown and not asked for.
    pub gauge: Option<Gauge>,
    /// Ask for income and other instalments in the form.
    pub asks_income: bool,
    /// Address of this page, for "Hitung ulang" by GET.
    pub page: String,
    /// Where the form is posted; empty for a calculator without a loan.
    pub action: String,
    /// Words of the main button.
    pub button: String,
    /// Where the main button leads when nothing is posted.
    pub next: String,
    /// What was wrong with the form.
    pub faults: Vec<Fault>,
}

/// One priced choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// The first instalment.
    pub instalment: Rupiah,
    /// Everything the borrower pays.
    pub total: Rupiah,
    /// What the gauge counts a month.
    pub burden: Rupiah,
}

/// A way back under the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WayOut {
    /// More months.
    Longer(u16),
    /// A smaller amount.
    Smaller(Rupiah),
}

impl SimulatorTerms {
    /// The largest amount on a step that may be asked for.
    pub(crate) fn top(&self) -> Rupiah {
        self.product.amount.floor(self.most).unwrap_or(self.product.amount.min)
    }

    /// Steps of the slider above the smallest amount.
    pub(crate) fn steps_to(&self, amount: Rupiah) -> i64 {
        (amount.get() - self.product.amount.min.get()) / self.product.amount.step.get().max(1)
    }

    /// The amount one step up or down, on a step and within the limits.
    #[cfg(any(feature = "hydrate", test))]
    pub(crate) fn stepped(&self, amount: Rupiah, up: bool) -> Rupiah {
        let step = self.product.amount.step.get();
        let moved = Rupiah::new(if up { amount.get() + step } else { amount.get() - step });
        self.product
            .amount
            .floor(moved.min(self.top()))
            .unwrap_or(self.product.amount.min)
    }

    /// What was typed as an amount, or the words that say what is wrong with it.
    pub(crate) fn read(&self, text: &str) -> Result<Rupiah, String> {
        let amount = Rupiah::parse(text).map_err(|error| error.to_string())?;
        let range = self.product.amount;
        if amount < range.min {
            Err(format!("Paling sedikit {}.", range.min))
        } else if amount > self.top() {
            let why = if self.limited { ", sesuai limit Anda" } else { "" };
            Err(format!("Paling banyak {}{why}.", self.top()))
        } else if range.floor(amount) != Some(amount) {
            Err(format!("Isi kelipatan {}.", range.step))
        } else {
            Ok(amount)
        }
    }

    /// Prices a choice; `None` for terms the product cannot price.
    pub(crate) fn figures(&self, amount: Rupiah, tenor: u16) -> Option<Figures> {
        let schedule = schedule(&Terms::of(&self.product, amount, u32::from(tenor), self.start)).ok()?;
        Some(Figures {
            instalment: schedule.lines.first()?.total(),
            total: schedule.total_paid(),
            burden: burden_of(&schedule, self.product.every).ok()?,
        })
    }

    /// The months on offer.
    pub(crate) fn tenors(&self) -> Vec<u16> {
        self.product
            .tenors
            .iter()
            .filter_map(|months| u16::try_from(*months).ok())
            .collect()
    }

    /// Ways back under the limit of `gauge`: the first longer tenor that fits, the largest smaller amount that fits.
    pub(crate) fn ways_out(&self, gauge: &Gauge, amount: Rupiah, tenor: u16) -> Vec<WayOut> {
        let fits = |amount, tenor| {
            self.figures(amount, tenor)
                .is_some_and(|figures| gauge.fits(figures.burden))
        };
        let longer = self
            .tenors()
            .into_iter()
            .filter(|months| *months > tenor)
            .find(|months| fits(amount, *months));
        // The burden grows with the amount, so the border is found by halving.
        let amounts: Vec<Rupiah> = self
            .product
            .amount
            .amounts()
            .take_while(|smaller| *smaller < amount)
            .collect();
        let fitting = amounts.partition_point(|smaller| fits(*smaller, tenor));
        let smaller = fitting.checked_sub(1).map(|last| amounts[last]);
        longer
            .map(WayOut::Longer)
            .into_iter()
            .chain(smaller.map(WayOut::Smaller))
            .collect()
    }

    /// Words of a way out of the present choice, and the choice it leads to as its button sends it.
    pub(crate) fn way(&self, way: WayOut) -> (String, String) {
        let (words, amount, tenor) = match way {
            WayOut::Longer(months) => (format!("Jadikan {months} bulan"), self.amount, months),
            WayOut::Smaller(smaller) => (format!("Pinjam {smaller}"), smaller, self.tenor),
        };
        (words, format!("{}-{tenor}", amount.get()))
    }
}

/// Amount and months of the button of a way out: "2800000-3".
pub(crate) fn chosen_way(value: &str) -> Option<(&str, &str)> {
    value.split_once('-')
}

/// "3 juta rupiah", "3,5 juta rupiah", "800 ribu rupiah": what a screen reader says at the slider.
pub(crate) fn spoken(amount: Rupiah) -> String {
    let thousands = amount.get() / 1_000;
    match (thousands / 1_000, thousands % 1_000 / 100) {
        (0, _) => format!("{thousands} ribu rupiah"),
        (millions, 0) => format!("{millions} juta rupiah"),
        (millions, tenths) => format!("{millions},{tenths} juta rupiah"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use time::macros::date;

    use super::*;

    /// Sari's page of the design kit: limit Rp4.000.000, income Rp4.500.000, other instalments Rp350.000.
    pub(crate) fn sari() -> SimulatorTerms {
        SimulatorTerms {
            product: Product::sanggup_tunai(),
            start: date!(2026 - 09 - 05),
            most: Rupiah::new(4_000_000),
            limited: true,
            amount: Rupiah::new(3_000_000),
            tenor: 6,
            gauge: Some(Gauge {
                income: Rupiah::new(4_500_000),
                existing: Rupiah::new(350_000),
                share_percent: 30,
            }),
            asks_income: false,
            page: "/ajukan".into(),
            action: "/_fn/quote".into(),
            button: "Periksa rincian".into(),
            next: String::new(),
            faults: Vec::new(),
        }
    }

    #[test]
    fn the_figures_are_those_of_the_design_kit() {
        let terms = sari();
        let figures = terms.figures(terms.amount, 6).expect("terms of the product");
        assert_eq!((figures.instalment.get(), figures.total.get()), (544_650, 3_267_899));
        let instalments: Vec<i64> = terms
            .tenors()
            .into_iter()
            .filter_map(|months| terms.figures(terms.amount, months))
            .map(|f| f.instalment.get())
            .collect();
        assert_eq!(instalments, [1_050_412, 544_650, 376_371, 292_461]);
    }

    #[test]
    fn what_is_typed_is_an_amount_or_the_words_of_the_kit() {
        let terms = sari();
        assert_eq!(terms.read("3.000.000"), Ok(Rupiah::new(3_000_000)));
        assert_eq!(terms.read("500000"), Ok(Rupiah::new(500_000)));
        assert_eq!(terms.read("499.999"), Err("Paling sedikit Rp500.000.".into()));
        assert_eq!(
            terms.read("4.100.000"),
            Err("Paling banyak Rp4.000.000, sesuai limit Anda.".into())
        );
        assert_eq!(terms.read("3.050.000"), Err("Isi kelipatan Rp100.000.".into()));
        assert!(terms.read("tiga juta").is_err());
        assert_eq!(
            SimulatorTerms {
                limited: false,
                ..terms
            }
            .read("4.100.000"),
            Err("Paling banyak Rp4.000.000.".into())
        );
    }

    #[test]
    fn the_buttons_stay_on_steps_and_within_the_limits() {
        let terms = sari();
        let step = |amount: i64, up| terms.stepped(Rupiah::new(amount), up).get();
        assert_eq!([step(3_000_000, true), step(3_000_000, false)], [3_100_000, 2_900_000]);
        assert_eq!([step(4_000_000, true), step(500_000, false)], [4_000_000, 500_000]);
        assert_eq!((terms.steps_to(terms.amount), terms.steps_to(terms.top())), (25, 35));
    }

    #[test]
    fn over_the_limit_there_are_two_ways_back_and_both_fit() {
        let terms = sari();
        let gauge = terms.gauge.expect("an income");
        let ways = terms.ways_out(&gauge, Rupiah::new(4_000_000), 3);
        assert_eq!(ways, [WayOut::Longer(6), WayOut::Smaller(Rupiah::new(2_800_000))]);
        for (amount, tenor) in [(4_000_000, 6), (2_800_000, 3)] {
            assert!(gauge.fits(terms.figures(Rupiah::new(amount), tenor).expect("priced").burden));
        }
        assert!(
            !gauge.fits(terms.figures(Rupiah::new(2_900_000), 3).expect("priced").burden),
            "one step more does not fit"
        );
        assert_eq!(
            terms.way(ways[1]),
            ("Pinjam Rp2.800.000".to_owned(), "2800000-6".to_owned())
        );
        assert_eq!(chosen_way("2800000-6"), Some(("2800000", "6")));
        let none = Gauge {
            income: Rupiah::ZERO,
            ..gauge
        };
        assert_eq!(terms.ways_out(&none, Rupiah::new(4_000_000), 3), []);
    }

    #[test]
    fn the_slider_is_spoken_in_millions() {
        assert_eq!(
            [800_000, 3_000_000, 3_500_000].map(|amount| spoken(Rupiah::new(amount))),
            ["800 ribu rupiah", "3 juta rupiah", "3,5 juta rupiah"]
        );
    }
}
