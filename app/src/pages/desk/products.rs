//! `/petugas/produk`: every version of every product, and the form that proposes the next one.

use super::room::{fields, role, room};
use crate::{
    components::{
        Badge, Button, CsrfField, ErrorSummary, Field, Hidden, SelectField, TextareaField, Tone, page_title,
        staff::{Place, StaffHead},
    },
    pages::{failure, flash_notice},
    visit::{Visit, visit},
};
use domain::{
    audit::ProposalKind,
    calendar::HolidayRule,
    loans::{
        ProductVersion,
        product::{PrepayMode, Product},
        product_change::product_changes,
    },
    text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// Products.
#[component]
pub fn ProductsPage() -> impl IntoView {
    let visit = visit();
    Suspend::new(async move {
        let versions = match visit.backend.loans.list_product_versions(&visit.actor).await {
            Ok(versions) => versions,
            Err(error) => return failure(&error),
        };
        let form = ProposalKind::Product
            .makers()
            .contains(&role(&visit))
            .then(|| propose(&visit, &versions));
        let title = page_title("Produk", &visit.form("/_fn/petugas/propose_product").faults());
        let list = versions.iter().map(version).collect_view();
        let main = view! {
            <StaffHead above="Satu versi tidak pernah diubah; perubahan adalah versi baru" title="Produk"/>
            {flash_notice()}
            {form}
            {list}
        };
        let page = room(&visit, Place::Products, main.into_any());
        view! { <Title text=title/>{page} }.into_any()
    })
}

fn version(version: &ProductVersion) -> impl IntoView + use<> {
    let product = &version.product;
    let badge = version
        .in_force
        .then(|| view! { <Badge tone=Tone::Success>"Berlaku"</Badge> });
    let rows = product_changes(None, product)
        .into_iter()
        .map(|field| (field.what, field.after))
        .collect();
    let title = format!("{} versi {}", product.name, product.version);
    view! {
        <section class="card stack-2">
            <div class="row row--between"><h2>{title.clone()}</h2>{badge}</div>
            <details><summary class="text-small">"Semua ketentuan"</summary>{fields(title, rows)}</details>
        </section>
    }
}

/// The form, filled with the version that `?produk=` names, else the first product's newest.
fn propose(visit: &Visit, versions: &[ProductVersion]) -> impl IntoView + use<> {
    let asked = visit.query("produk");
    let newest = versions
        .iter()
        .find(|version| version.product.code == asked)
        .or_else(|| versions.first());
    let base = newest.map_or_else(Product::sanggup_tunai, |version| version.product.clone());
    let form = visit.form("/_fn/petugas/propose_product");
    let faults = form.faults();
    let percent = |ppm: i64| text::percent(ppm).trim_end_matches('%').replace(',', ".");
    let field = |label: &'static str, name: &'static str, value: String, hint: &'static str| {
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        view! { <Field label=label name=name value=form.value_or(name, value) hint=hint error=faults.of(name) spellcheck="false"/> }
    };
    let options = |words: Vec<&'static str>| {
        words
            .into_iter()
            .map(|word| (word.to_owned(), word.to_owned()))
            .collect::<Vec<_>>()
    };
    let holiday = options(HolidayRule::ALL.iter().map(|rule| rule.as_str()).collect());
    let prepay = options(PrepayMode::ALL.iter().map(|mode| mode.as_str()).collect());
    let tenors = base.tenors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    view! {
        <details class="card stack-3" open=form.came_back()>
            <summary><b>"Usulkan versi baru"</b></summary>
            <form class="stack-3" method="post" action="/_fn/petugas/propose_product">
                <ErrorSummary faults=faults.clone()/>
                <CsrfField/>
                <Hidden name="base" value=base.code.clone()/>
                {field("Kode produk", "product", base.code.clone(), "Kode baru membuat produk baru dengan ketentuan lain dari produk ini.")}
                {field("Nama", "name", base.name.clone(), "")}
                {field("Bunga, persen per bulan", "rate", percent(base.rate.ppm), "Pakai titik: 2.5")}
                {field("Jumlah paling sedikit", "min", base.amount.min.get().to_string(), "")}
                {field("Jumlah paling banyak", "max", base.amount.max.get().to_string(), "")}
                {field("Kelipatan jumlah", "step", base.amount.step.get().to_string(), "")}
                {field("Lama pinjaman", "tenors", tenors, "Jumlah cicilan, dipisah koma")}
                {field("Denda, persen per hari", "late", percent(base.late_fee.ppm), "Pakai titik: 0.1")}
                {field("Hari tanpa denda", "grace", base.late_fee.grace_days.to_string(), "")}
                <SelectField label="Jatuh tempo pada hari libur" name="holiday" options=holiday value=form.value_or("holiday", base.holiday_rule.as_str())/>
                <SelectField label="Bayar lebih awal" name="prepay" options=prepay value=form.value_or("prepay", base.prepay_default.as_str())/>
                <Field label="Berlaku mulai" name="valid_from" kind="date" value=form.value_or("valid_from", visit.today().to_string()) error=faults.of("valid_from")/>
                <Field label="Berlaku sampai" name="valid_until" kind="date" value=form.value("valid_until") hint="Kosong: sampai ada versi baru.".to_owned() error=faults.of("valid_until")/>
                <TextareaField label="Alasan" name="reason" value=form.value("reason") error=faults.of("reason") maxlength=500/>
                <Button>"Usulkan"</Button>
                <p class="text-micro text-subtle">"Setiap jumlah dan lama pinjaman dibuktikan terhadap batas biaya. Orang kedua yang memutuskan."</p>
            </form>
        </details>
    }
}
