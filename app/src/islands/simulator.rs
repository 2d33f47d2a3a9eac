//! Screen 9: amount, tenor, takaran and totals that move together. Without JavaScript it is a form whose
//! "Hitung ulang" asks the server; the text field is the truth in both.
//!
//! `browser::simulator` finds the parts by the ids written here.

use leptos::prelude::*;

/// Listens to the form among its children and rewrites the figures.
#[island]
pub fn SimulatorIsland(
    /// The page's form, gauge and totals.
    children: Children,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    crate::browser::simulator::start();
    children()
}

#[cfg(feature = "ssr")]
pub use drawn::Simulator;

#[cfg(feature = "ssr")]
mod drawn {
    use domain::{loans::affordability::Gauge as Takaran, money::Rupiah};
    use leptos::prelude::*;

    use super::{
        super::{Figures, SimulatorTerms, spoken, wire::encode},
        SimulatorIsland,
    };
    use crate::components::{
        ActionBar, ErrorSummary, Faults, GaugeCard, Icon, Legend, Measure, MoneyField, Symbol, Tenor, TenorOptions,
    };

    /// Form, takaran and totals of a loan that is being chosen; children are further fields of the form.
    #[component]
    pub fn Simulator(
        /// What it starts from.
        terms: SimulatorTerms,
        /// A calm message above the form.
        #[prop(optional)]
        notice: Option<AnyView>,
        /// Purpose, hidden fields.
        children: Children,
    ) -> impl IntoView {
        let posts = !terms.action.is_empty();
        let (method, action) = if posts {
            ("post", terms.action.clone())
        } else {
            ("get", terms.page.clone())
        };
        // A form that posts holds more than the figures: its recalculation goes by POST as well.
        let (again, again_by) = if posts {
            ("/_fn/recalculate".to_owned(), "post")
        } else {
            (terms.page.clone(), "get")
        };
        let figures = terms.figures(terms.amount, terms.tenor);
        let gauge = terms
            .gauge
            .and_then(|gauge| figures.map(|figures| takaran(&terms, gauge, figures, &again, again_by)));
        view! {
            <SimulatorIsland>
                <main class="page page--after-bar stack" id="content">
                    {notice}
                    <ErrorSummary faults=Faults::from(terms.faults.clone())/>
                    <form class="stack" id="apply" method=method action=action data-terms=encode(&terms)>
                        {amount_part(&terms)}
                        {tenor_part(&terms)}
                        {terms.asks_income.then(|| income_part(&terms))}
                        {children()}
                        <button
                            class="button button--secondary without-script"
                            formmethod=again_by
                            formaction=again
                            formnovalidate=true
                        >
                            "Hitung ulang"
                        </button>
                    </form>
                    {gauge}
                </main>
                {totals(&terms, figures, posts)}
            </SimulatorIsland>
        }
    }

    /// Text field, buttons, slider.
    fn amount_part(terms: &SimulatorTerms) -> impl IntoView + use<> {
        let range = terms.product.amount;
        let top = terms.top();
        let fault = Faults::from(terms.faults.clone()).of("amount");
        view! {
            <div>
                <label class="text-label" for="amount">"Mau pinjam berapa?"</label>
                <div class="amount">
                    <button
                        class="icon-button icon-button--tonal needs-script"
                        type="button"
                        data-step="down"
                        aria-label=format!("Kurangi {}", range.step)
                    >
                        <Icon name=Symbol::Minus/>
                    </button>
                    <span class="amount__value">
                        <span class="amount__currency">"Rp"</span>
                        <input
                            class="amount__input"
                            id="amount"
                            name="amount"
                            inputmode="numeric"
                            autocomplete="off"
                            value=terms.amount.without_sign()
                            aria-invalid=fault.is_some().then_some("true")
                            aria-describedby="amount-error"
                        />
                    </span>
                    <button
                        class="icon-button icon-button--tonal needs-script"
                        type="button"
                        data-step="up"
                        aria-label=format!("Tambah {}", range.step)
                    >
                        <Icon name=Symbol::Plus/>
                    </button>
                </div>
                <p class="field__message field__message--error" id="amount-error" role="status">{fault}</p>
                <div class="needs-script">
                    <div class="slider">
                        <progress
                            class="slider__fill"
                            id="amount-filled"
                            max=terms.steps_to(top)
                            value=terms.steps_to(terms.amount)
                            aria-hidden="true"
                        ></progress>
                        <input
                            class="slider__input"
                            id="amount-slider"
                            type="range"
                            min=range.min.get()
                            max=top.get()
                            step=range.step.get()
                            value=terms.amount.get()
                            aria-label="Jumlah pinjaman"
                            aria-valuetext=spoken(terms.amount)
                        />
                    </div>
                    <p class="row row--between text-micro text-subtle numeric">
                        <span>{range.min.to_string()}</span>
                        <span>{top.to_string()}</span>
                    </p>
                </div>
            </div>
        }
    }

    /// Chips with the instalment of each tenor.
    fn tenor_part(terms: &SimulatorTerms) -> impl IntoView + use<> {
        let options = terms
            .tenors()
            .into_iter()
            .map(|months| {
                let priced = terms.figures(terms.amount, months);
                Tenor {
                    months,
                    instalment: priced
                        .map(|figures| figures.instalment.without_sign())
                        .unwrap_or_default(),
                }
            })
            .collect::<Vec<_>>();
        view! {
            <fieldset class="stack-2" id="tenor_months">
                <legend class="text-label field__legend">"Dicicil berapa bulan?"</legend>
                <TenorOptions options=options chosen=terms.tenor/>
            </fieldset>
        }
    }

    /// Income and other instalments, asked for the first time.
    fn income_part(terms: &SimulatorTerms) -> impl IntoView + use<> {
        let faults = Faults::from(terms.faults.clone());
        let shown = |amount: Rupiah| {
            if amount.is_zero() {
                String::new()
            } else {
                amount.without_sign()
            }
        };
        let gauge = terms.gauge;
        view! {
            <MoneyField
                label="Penghasilan bersih per bulan"
                name="monthly_income"
                value=gauge.map(|gauge| shown(gauge.income)).unwrap_or_default()
                error=faults.of("monthly_income")
            />
            <MoneyField
                label="Cicilan lain per bulan"
                name="other_instalments"
                value=gauge.map(|gauge| shown(gauge.existing)).unwrap_or_default()
                hint="Dari pinjaman lain, paylater, atau kartu kredit. Isi 0 kalau tidak ada.".to_owned()
                error=faults.of("other_instalments")
            />
        }
    }

    /// The gauge with its sentence, or the ways back under the limit; hidden while income is unknown. The ways are
    /// buttons of the form, so that what was typed goes with them to `again`.
    fn takaran(
        terms: &SimulatorTerms,
        gauge: Takaran,
        figures: Figures,
        again: &str,
        again_by: &'static str,
    ) -> impl IntoView + use<> {
        let measure = Measure {
            gauge,
            new: figures.burden,
        };
        let entries = vec![
            ("gauge__other", format!("Cicilan lain {}", gauge.existing)),
            ("gauge__new", format!("Baru {}", figures.burden)),
        ];
        let change = (!terms.asks_income).then(|| {
            let href = format!("{}?ubah=penghasilan", terms.page);
            view! { " "<a href=href>"Ubah penghasilan"</a> }
        });
        let over = measure.is_over();
        let ways = if over {
            terms.ways_out(&gauge, terms.amount, terms.tenor)
        } else {
            Vec::new()
        };
        let buttons = [0, 1]
            .map(|index| {
                let way = ways.get(index).copied();
                let (words, choice) = way.map(|way| terms.way(way)).unwrap_or_default();
                view! {
                    <button
                        class="button button--tonal button--small"
                        form="apply"
                        formmethod=again_by
                        formaction=again.to_owned()
                        formnovalidate=true
                        name="way"
                        value=choice
                        hidden=way.is_none()
                    >
                        {words}
                    </button>
                }
            })
            .into_iter()
            .collect_view();
        view! {
            <div id="takaran" hidden=!gauge.income.is_positive()>
                <GaugeCard measure=measure detail="Semua cicilan dibanding penghasilan">
                    <Legend entries=entries/>
                    <p class="text-small" id="takaran-room" hidden=over>
                        "Masih ada ruang " <b class="numeric">{measure.room().to_string()}</b> " per bulan." {change}
                    </p>
                    <div class="stack-2" id="takaran-over" hidden=!over>
                        <p class="text-small text-danger" role="status">
                            {format!(
                                "Cicilan ini melewati batas {}% penghasilan. Turunkan jumlah atau tambah bulan.",
                                gauge.share_percent,
                            )}
                        </p>
                        <div class="row" id="ways-out">{buttons}</div>
                    </div>
                </GaugeCard>
            </div>
        }
    }

    /// Instalment, total and the main button at the foot.
    fn totals(terms: &SimulatorTerms, figures: Option<Figures>, posts: bool) -> impl IntoView + use<> {
        let printed = |amount: Option<Rupiah>| amount.map_or_else(|| "–".to_owned(), |amount| amount.to_string());
        let (words, next) = (terms.button.clone(), terms.next.clone());
        view! {
            <ActionBar label="Ringkasan cicilan">
                <div class="row row--between">
                    <div>
                        <p class="text-micro text-muted">"Cicilan per bulan"</p>
                        <p class="text-total numeric" id="sum-instalment">{printed(figures.map(|figures| figures.instalment))}</p>
                    </div>
                    <div class="text-end">
                        <p class="text-micro text-muted">"Total Anda bayar"</p>
                        <p class="text-total numeric" id="sum-total">{printed(figures.map(|figures| figures.total))}</p>
                    </div>
                </div>
                {if posts {
                    view! { <button class="button button--primary" form="apply">{words}</button> }.into_any()
                } else {
                    view! { <a class="button button--primary" href=next>{words}</a> }.into_any()
                }}
            </ActionBar>
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::{components::testing::html, islands::simulation::tests::sari};

        fn drawn(terms: SimulatorTerms) -> String {
            html(move || view! { <Simulator terms=terms><input type="hidden" name="csrf" value="t"/></Simulator> })
        }

        #[test]
        fn without_a_script_it_is_a_form_with_the_figures_of_the_server() {
            let page = drawn(sari());
            assert!(
                page.contains("<leptos-island") && !page.contains("data-props"),
                "{page}"
            );
            assert!(
                page.contains("method=\"post\"") && page.contains("action=\"/_fn/quote\""),
                "{page}"
            );
            assert!(
                page.contains("formmethod=\"post\"") && page.contains("formaction=\"/_fn/recalculate\""),
                "{page}"
            );
            assert!(
                page.contains("name=\"amount\"") && page.contains("value=\"3.000.000\""),
                "{page}"
            );
            for figure in [
                "544.650",
                "376.371",
                "292.461",
                "Rp3.267.899",
                "Masih ada ruang",
                "Rp455.350",
            ] {
                assert!(page.contains(figure), "{figure}: {page}");
            }
            assert!(page.contains("name=\"csrf\"") && !page.contains("style="), "{page}");
            assert!(page.contains("max=\"35\"") && page.contains("value=\"25\""), "{page}");
            assert!(page.contains("id=\"takaran-over\" hidden"), "{page}");
        }

        #[test]
        fn over_the_limit_the_ways_out_are_buttons_that_send_what_was_typed() {
            let page = drawn(SimulatorTerms {
                amount: Rupiah::new(4_000_000),
                tenor: 3,
                ..sari()
            });
            assert!(page.contains("melewati batas 30% penghasilan"), "{page}");
            for choice in ["4000000-6", "2800000-3"] {
                let button = page
                    .split("<button")
                    .find(|button| button.contains(&format!("name=\"way\" value=\"{choice}\"")))
                    .unwrap_or_else(|| panic!("{choice}: {page}"));
                for part in [
                    "form=\"apply\"",
                    "formmethod=\"post\"",
                    "formaction=\"/_fn/recalculate\"",
                ] {
                    assert!(button.contains(part), "{part}: {button}");
                }
            }
            assert!(page.contains("id=\"takaran-room\" hidden"), "{page}");
        }

        #[test]
        fn a_calculator_without_an_account_has_no_takaran_and_leads_on() {
            let terms = SimulatorTerms {
                gauge: None,
                action: String::new(),
                page: "/simulasi".into(),
                next: "/daftar".into(),
                button: "Daftar".into(),
                ..sari()
            };
            let page = drawn(terms);
            assert!(!page.contains("Takaran sanggup"), "{page}");
            assert!(
                page.contains("formmethod=\"get\"") && page.contains("href=\"/daftar\""),
                "{page}"
            );
        }

        #[test]
        fn an_unknown_income_hides_the_gauge_until_it_is_typed() {
            let gauge = sari().gauge.map(|gauge| Takaran {
                income: Rupiah::ZERO,
                ..gauge
            });
            let page = drawn(SimulatorTerms {
                gauge,
                asks_income: true,
                ..sari()
            });
            assert!(
                page.contains("id=\"takaran\" hidden") && page.contains("name=\"monthly_income\""),
                "{page}"
            );
        }

        #[test]
        fn faults_of_the_server_stand_on_top_and_beside_the_amount() {
            let faults = vec![domain::error::Fault::new(
                "amount",
                "amount_not_on_step",
                "Isi kelipatan Rp100.000.",
            )];
            let page = drawn(SimulatorTerms { faults, ..sari() });
            assert!(
                page.contains("Ada 1 isian yang perlu diperbaiki") && page.contains("href=\"#amount\""),
                "{page}"
            );
            assert!(page.contains("aria-invalid=\"true\""), "{page}");
        }
    }
}
