//! Listens to the form of a simulator and rewrites its figures with the same engine as the server's.

use std::{cell::Cell, rc::Rc};

use domain::{loans::affordability::Gauge, money::Rupiah};
use leptos::wasm_bindgen::JsCast as _;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

use super::dom;
use crate::{
    components::{Measure, measure::percentage},
    islands::{Figures, SimulatorTerms, chosen_way, decode, spoken},
};

/// A form that is being filled in.
struct Live {
    terms: SimulatorTerms,
    form: HtmlElement,
    field: HtmlInputElement,
    /// The last sound amount.
    amount: Cell<Rupiah>,
}

/// Takes over the form `#apply`. Without it, or with terms of another build, the page stays a plain form.
pub(crate) fn start() {
    let Some(live) = Live::found().map(Rc::new) else { return };
    live.refresh();
    let this = live.clone();
    dom::on(&live.form, "input", move |event| this.typed(&event));
    let this = live.clone();
    dom::on(&live.form, "change", move |event| {
        this.typed(&event);
        this.tidy();
    });
    let this = live.clone();
    dom::on(&live.form, "click", move |event| this.stepped(&event));
    if let Some(ways) = dom::by_id::<Element>("ways-out") {
        dom::on(&ways, "click", move |event| live.way_taken(&event));
    }
}

impl Live {
    fn found() -> Option<Self> {
        let form: HtmlElement = dom::by_id("apply")?;
        let terms = decode(&form.get_attribute("data-terms")?)?;
        let amount = Cell::new(terms.amount);
        Some(Self {
            terms,
            form,
            field: dom::by_id("amount")?,
            amount,
        })
    }

    fn typed(&self, event: &Event) {
        if let Some(slider) = dom::origin(event).filter(|at| at.id() == "amount-slider")
            && let Some(amount) = slider
                .dyn_ref::<HtmlInputElement>()
                .and_then(|slider| slider.value().parse().ok())
        {
            self.write(Rupiah::new(amount));
        }
        self.refresh();
    }

    /// Groups the digits once the person has left the field.
    fn tidy(&self) {
        if self.terms.read(&self.field.value()).is_ok() {
            self.write(self.amount.get());
        }
    }

    fn stepped(&self, event: &Event) {
        let button = dom::origin(event).and_then(|at| at.closest("[data-step]").ok()?);
        if let Some(direction) = button.and_then(|button| button.get_attribute("data-step")) {
            self.write(self.terms.stepped(self.amount.get(), direction == "up"));
            self.refresh();
        }
    }

    /// A way out is a button that sends the form with another choice; here the choice is made in place.
    fn way_taken(&self, event: &Event) {
        let button = dom::origin(event).and_then(|at| at.closest("button").ok()?);
        let Some(choice) = button.and_then(|button| button.get_attribute("value")) else {
            return;
        };
        let Some((amount, tenor)) = chosen_way(&choice) else {
            return;
        };
        let Ok(amount) = amount.parse() else { return };
        event.prevent_default();
        self.write(Rupiah::new(amount));
        let chip = dom::find(&self.form, &format!("[name=tenor_months][value='{tenor}']"));
        if let Some(chip) = chip.as_ref().and_then(|chip| chip.dyn_ref::<HtmlInputElement>()) {
            chip.set_checked(true);
        }
        self.refresh();
    }

    fn write(&self, amount: Rupiah) {
        self.field.set_value(&amount.without_sign());
    }

    fn tenor(&self) -> u16 {
        dom::find(&self.form, "[name=tenor_months]:checked")
            .and_then(|chip| chip.get_attribute("value")?.parse().ok())
            .unwrap_or(self.terms.tenor)
    }

    /// Reads the form, writes every figure that follows from it.
    fn refresh(&self) {
        let fault = match self.terms.read(&self.field.value()) {
            Ok(amount) => {
                self.amount.set(amount);
                None
            }
            Err(words) => Some(words),
        };
        dom::write("amount-error", fault.as_deref().unwrap_or_default());
        dom::set(
            &self.field,
            "aria-invalid",
            if fault.is_some() { "true" } else { "false" },
        );
        let (amount, tenor) = (self.amount.get(), self.tenor());
        self.slide(amount);
        for months in self.terms.tenors() {
            if let Some(figures) = self.terms.figures(amount, months) {
                dom::write(&format!("tenor-{months}"), &figures.instalment.without_sign());
            }
        }
        let Some(figures) = self.terms.figures(amount, tenor) else {
            return;
        };
        dom::write("sum-instalment", &figures.instalment.to_string());
        dom::write("sum-total", &figures.total.to_string());
        if let Some(gauge) = self.gauge() {
            self.measure(gauge, figures, amount, tenor);
        }
    }

    fn slide(&self, amount: Rupiah) {
        if let Some(slider) = dom::by_id::<HtmlInputElement>("amount-slider") {
            slider.set_value(&amount.get().to_string());
            dom::set(&slider, "aria-valuetext", &spoken(amount));
        }
        if let Some(filled) = dom::by_id::<Element>("amount-filled") {
            dom::set(&filled, "value", &self.terms.steps_to(amount).to_string());
        }
    }

    /// Takaran with the income that stands in the form, if it is asked for there.
    fn gauge(&self) -> Option<Gauge> {
        let typed = |name: &str| {
            let field: HtmlInputElement = dom::by_id(name)?;
            Some(Rupiah::parse(&field.value()).unwrap_or(Rupiah::ZERO))
        };
        let known = self.terms.gauge?;
        Some(Gauge {
            income: typed("monthly_income").unwrap_or(known.income),
            existing: typed("other_instalments").unwrap_or(known.existing),
            ..known
        })
    }

    fn measure(&self, gauge: Gauge, figures: Figures, amount: Rupiah, tenor: u16) -> Option<()> {
        let card: Element = dom::by_id("takaran")?;
        dom::show(&card, gauge.income.is_positive());
        let measure = Measure {
            gauge,
            new: figures.burden,
        };
        let over = measure.is_over();
        let share = dom::find(&card, ".text-total")?;
        dom::write_in(&share, &format!("{}%", measure.percent()));
        let tone = if over {
            "text-total text-warning numeric"
        } else {
            "text-total text-success numeric"
        };
        dom::set(&share, "class", tone);
        dom::set(&dom::find(&card, ".gauge")?, "aria-label", &measure.sentence());
        dom::write_in(&dom::find(&card, "text.gauge__limit")?, &measure.line_words());
        let widths = [
            (".gauge__new", measure.new_width()),
            (".gauge__over", measure.over_width()),
            (".gauge__other", measure.other_width()),
        ];
        for (class, width) in widths {
            dom::set(
                &dom::find(&card, &format!(".gauge {class}"))?,
                "width",
                &percentage(width),
            );
        }
        let legend = [
            ("first", format!("Cicilan lain {}", gauge.existing)),
            ("last", format!("Baru {}", figures.burden)),
        ];
        for (place, words) in legend {
            dom::write_beside(&dom::find(&card, &format!(".legend span:{place}-child"))?, &words);
        }
        dom::show_id("takaran-room", !over);
        dom::show_id("takaran-over", over);
        dom::write_in(&dom::find(&card, "#takaran-room b")?, &measure.room().to_string());
        if over {
            self.offer(&gauge, amount, tenor)?;
        }
        Some(())
    }

    /// Writes the ways out of a choice over the limit.
    fn offer(&self, gauge: &Gauge, amount: Rupiah, tenor: u16) -> Option<()> {
        let buttons = dom::by_id::<Element>("ways-out")?.children();
        let ways = self.terms.ways_out(gauge, amount, tenor);
        let chosen = SimulatorTerms {
            amount,
            tenor,
            ..self.terms.clone()
        };
        for index in 0..buttons.length() {
            let button = buttons.item(index)?;
            let way = ways.get(usize::try_from(index).ok()?);
            dom::show(&button, way.is_some());
            if let Some(way) = way {
                let (words, choice) = chosen.way(*way);
                dom::write_in(&button, &words);
                dom::set(&button, "value", &choice);
            }
        }
        Some(())
    }
}
