//! All costs of the product in force: its terms, the cap that the engine applied, and worked tables.

use super::{EXAMPLE_AMOUNT, EXAMPLE_TENOR, back, example};
use crate::{
    components::{AppBar, Button, Fact, Facts, Main, Row, ScheduleTable, Tone, page_title},
    pages::{
        failure,
        loans::words::{interest_name, late_fee_rule},
    },
    visit::{Visit, visit},
};
use domain::{
    Error, Result, Rupiah,
    loans::{
        Simulation,
        product::{FeeAmount, LateFeeMethod, Method, PassThroughKind, Product},
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// `/biaya`: what a loan costs, for anyone.
#[component]
pub fn CostsPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        match load(&visit).await {
            Ok((product, examples)) => costs(back(&visit), &product, &examples),
            Err(error) => failure(&error),
        }
    })
}

/// The product in force with one example for each of its tenors.
async fn load(visit: &Visit) -> Result<(Product, Vec<Simulation>)> {
    let loans = &visit.backend.loans;
    let product = loans
        .list_products(&visit.actor)
        .await?
        .into_iter()
        .next()
        .ok_or(Error::NotFound)?;
    let amount = product.amount.floor(EXAMPLE_AMOUNT).unwrap_or(product.amount.min);
    let mut examples = Vec::with_capacity(product.tenors.len());
    for tenor in &product.tenors {
        examples.push(loans.simulate(&visit.actor, example(amount, *tenor)).await?);
    }
    Ok((product, examples))
}

fn costs(back: &'static str, product: &Product, examples: &[Simulation]) -> AnyView {
    let chosen = examples
        .iter()
        .find(|one| one.tenor == EXAMPLE_TENOR)
        .or_else(|| examples.first());
    let worked = chosen.map(|chosen| {
        view! {
            <section class="stack-2">
                <h2>{format!("Contoh {} selama {}", chosen.amount, tenor(product, chosen.tenor))}</h2>
                {example_facts(chosen)}
            </section>
            <section class="stack-2"><h2>"Pilihan lama pinjaman"</h2>{tenor_table(product, examples, chosen.amount)}</section>
            <section class="stack-2"><h2>{format!("Jadwal {}", tenor(product, chosen.tenor))}</h2><ScheduleTable rows=plan(chosen) plan=true/></section>
        }
    });
    let (name, terms) = (product.name.clone(), terms(product));
    view! {
        <Title text=page_title("Semua biaya", &Default::default())/>
        <AppBar title="Semua biaya" back=back heading=true/>
        <Main class="page stack-6">
            <p class="text-muted">"Tidak ada biaya lain di luar daftar ini. Yang Anda terima selalu sama dengan yang Anda pinjam."</p>
            <section class="stack-2"><h2>{name}</h2>{terms}</section>
            {worked}
            <Button href="/simulasi">"Hitung cicilan sendiri"</Button>
        </Main>
    }
    .into_any()
}

/// What the product says.
fn terms(product: &Product) -> impl IntoView + use<> {
    let range = product.amount;
    let tenors: Vec<_> = product.tenors.iter().map(|count| tenor(product, *count)).collect();
    let fees = fees(product)
        .into_iter()
        .map(|(name, value)| view! { <Fact name=name>{value}</Fact> })
        .collect_view();
    let (interest, late) = (interest_name(product), late_fee_rule(product.late_fee));
    let base = match product.method {
        Method::Annuity | Method::EqualPrincipal => "Dihitung dari sisa pokok",
        Method::Flat => "Dihitung dari pokok awal",
    };
    view! {
        <Facts>
            <Fact name="Jumlah">
                {format!("{} sampai {}", range.min, range.max)}
                <small>{format!("Kelipatan {}", range.step)}</small>
            </Fact>
            <Fact name="Lama">{tenors.join(", ")}</Fact>
            <Fact name=interest>{base}</Fact>
            {fees}
            <Fact name="Kalau terlambat">{late}</Fact>
            <Fact name="Bayar lebih awal">"Tanpa biaya"</Fact>
            <Fact name="Batal sebelum dana dikirim">"Tanpa biaya"</Fact>
        </Facts>
    }
}

/// Fees and passed-on costs by name; a product without any says Rp0.
fn fees(product: &Product) -> Vec<(String, String)> {
    let ours = product.fees.iter().map(|fee| {
        let amount = match fee.amount {
            FeeAmount::PpmOfPrincipal(ppm) => format!("{} dari pinjaman", text::percent(ppm)),
            FeeAmount::PpmOfInstalment(ppm) => format!("{} dari cicilan", text::percent(ppm)),
            FeeAmount::Fixed(amount) => amount.to_string(),
        };
        (fee.what.clone(), amount)
    });
    let passed_on = product.pass_through.iter().map(|cost| {
        let name = match cost.kind {
            PassThroughKind::StampDuty => "Meterai",
            PassThroughKind::ESign => "Tanda tangan elektronik",
        };
        (name.to_owned(), cost.amount.to_string())
    });
    let all: Vec<_> = ours.chain(passed_on).collect();
    if all.is_empty() {
        vec![("Biaya layanan".into(), Rupiah::ZERO.to_string())]
    } else {
        all
    }
}

fn tenor(product: &Product, count: u32) -> String {
    text::tenor(count, product.every)
}

/// What follows for the example.
fn example_facts(example: &Simulation) -> impl IntoView + use<> {
    let shown = &example.disclosure;
    let (instalments, daily, yearly) = (
        shown.instalments_in_words(),
        example.cap.words(),
        shown.effective_annual.words(),
    );
    let (received, total) = (shown.net_cash, shown.total_paid);
    let (late, most, saved) = (shown.late_fee_first, shown.total_cap, shown.early_payoff_saves);
    let unit = match example.product.late_fee.method {
        LateFeeMethod::Daily => "per hari",
        _ => "sekali",
    };
    view! {
        <Facts>
            <Fact name="Anda terima">{received.to_string()}</Fact>
            <Fact name="Cicilan">{instalments}</Fact>
            <Fact name="Total Anda bayar">{total.to_string()}</Fact>
            <Fact name="Setara per hari">{daily}</Fact>
            <Fact name="Setara per tahun">{yearly}<small>"Biaya efektif"</small></Fact>
            <Fact name="Denda cicilan pertama">
                {format!("{late} {unit}")}
                <small>"Kalau seluruh cicilan belum dibayar"</small>
            </Fact>
            <Fact name="Bunga, biaya, dan denda">
                {format!("Paling banyak {most}")}
                <small>"Seumur pinjaman, berapa pun lamanya terlambat"</small>
            </Fact>
            <Fact name="Lunas di cicilan pertama">{format!("Bunga berkurang {saved}")}</Fact>
        </Facts>
    }
}

/// One row for each tenor, amounts in rupiah without sign.
fn tenor_table(product: &Product, examples: &[Simulation], amount: Rupiah) -> impl IntoView + use<> {
    let rows = examples
        .iter()
        .map(|one| {
            let shown = &one.disclosure;
            let cost = shown.total_paid.less_at_zero(shown.net_cash);
            let each = shown.instalments.first().map(|first| first.amount.without_sign());
            view! {
                <tr>
                    <th scope="row">{tenor(product, one.tenor)}</th>
                    <td>{each}</td>
                    <td class="text-muted">{cost.without_sign()}</td>
                    <td class="schedule-table__strong">{shown.total_paid.without_sign()}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table-scroll" role="region" aria-label="Pilihan lama pinjaman" tabindex="0">
            <table class="schedule-table">
                <caption class="visually-hidden">{format!("Biaya pinjaman {amount} menurut lamanya, dalam rupiah")}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Lama"</th>
                        <th scope="col">"Cicilan"</th>
                        <th scope="col">"Biaya"</th>
                        <th scope="col">"Total"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn plan(example: &Simulation) -> Vec<Row> {
    let lines = example.schedule.lines.iter();
    lines
        .map(|line| Row {
            due: text::date_short(line.due_on),
            status: String::new(),
            tone: Tone::Plain,
            interest: line.interest,
            total: line.total(),
            next: false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::loans::product::{Fee, FeeWhen};

    #[test]
    fn a_product_without_fees_says_so_and_one_with_fees_names_each() {
        let mut product = Product::sanggup_tunai();
        assert_eq!(fees(&product), [("Biaya layanan".to_owned(), "Rp0".to_owned())]);
        product.fees.push(Fee {
            what: "Biaya admin".into(),
            amount: FeeAmount::PpmOfPrincipal(10_000),
            when: FeeWhen::UpFront,
            deducted: false,
        });
        assert_eq!(
            fees(&product),
            [("Biaya admin".to_owned(), "1% dari pinjaman".to_owned())]
        );
    }
}
