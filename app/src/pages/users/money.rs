//! Akun: where money is sent, and what proves the income.

use super::account::Part;
use crate::{
    components::{
        Button, CsrfField, Fact, Facts, Faults, Field, Hidden, Icon, Kind, List, ListRow, Notice, PhotoWaits,
        SelectField, Symbol, Tone, field::Message,
    },
    visit::{Visit, local_path},
};
use domain::{
    documents::{Document, DocumentStatus},
    text::moment,
    users::{BANKS, Profile},
};
use leptos::prelude::*;

/// The account that loans are paid out to, and the form that sets or changes it.
pub(super) fn bank_account(visit: &Visit, profile: &Profile, faults: &Faults) -> impl IntoView + use<> {
    let form = visit.form("/_fn/set_bank_account");
    let next = local_path(visit.query("lanjut")).unwrap_or_default();
    let account = profile.bank_account.as_ref();
    let options: Vec<_> = std::iter::once((String::new(), "Pilih bank".to_owned()))
        .chain(
            BANKS
                .iter()
                .map(|(code, name)| ((*code).to_owned(), (*name).to_owned())),
        )
        .collect();
    let known = account.map(|account| {
        let (label, holder) = (account.label(), account.holder.clone());
        view! {
            <Facts>
                <Fact name="Sekarang">{label}<small>{holder}</small></Fact>
            </Facts>
            <Notice icon=Symbol::Shield>"Mengganti rekening butuh kata sandi, dan menahan pengiriman dana 24 jam demi keamanan Anda."</Notice>
        }
    });
    let (kind, words) = match account {
        None => (Kind::Primary, "Simpan rekening"),
        Some(_) => (Kind::Tonal, "Ganti rekening"),
    };
    let (bank, number) = (form.value("bank"), form.value("number"));
    let (bank_error, number_error) = (faults.of("bank"), faults.of("number"));
    let hint = format!("Harus atas nama {}", profile.full_name);
    view! {
        <Part id="rekening" title="Rekening penerima">
            <div class="card stack-3">
                {known}
                <form class="stack-3" method="post" action="/_fn/set_bank_account" novalidate>
                    <CsrfField/>
                    <Hidden name="next" value=next/>
                    <SelectField label="Bank" name="bank" options=options value=bank error=bank_error/>
                    <Field
                        label="Nomor rekening"
                        name="number"
                        value=number
                        hint=hint
                        error=number_error
                        inputmode="numeric"
                        autocomplete="off"
                        maxlength=24
                        spellcheck="false"
                    />
                    <Button kind=kind>{words}</Button>
                </form>
            </div>
        </Part>
    }
}

/// Payslips and statements that were sent, newest first, and the form for one more.
pub(super) fn income_proof(proofs: Vec<Document>, faults: &Faults) -> impl IntoView + use<> {
    let rows: Vec<_> = proofs
        .into_iter()
        .filter(|proof| proof.status != DocumentStatus::Replaced)
        .map(proof)
        .collect();
    let sent = (!rows.is_empty()).then(|| view! { <List>{rows}</List> });
    let error = faults.of("file");
    let described = error.is_some().then_some("file-error");
    let invalid = error.is_some().then_some("true");
    view! {
        <Part id="penghasilan" title="Bukti penghasilan">
            <div class="card stack-3">
                <p class="text-small text-muted">"Slip gaji atau mutasi rekening 3 bulan terakhir. Tidak wajib, tapi membantu petugas saat meninjau."</p>
                {sent}
                <form class="stack-3" method="post" action="/_fn/upload/income_proof" enctype="multipart/form-data" data-photo="">
                    <CsrfField/>
                    {error.map(|words| view! { <Message error=true id="file-error".to_owned() words=words/> })}
                    <label class="button button--secondary" for="file">
                        <Icon name=Symbol::Document/>
                        "Pilih foto bukti"
                        <input
                            class="visually-hidden"
                            id="file"
                            name="file"
                            type="file"
                            accept="image/jpeg,image/png,image/webp"
                            aria-describedby=described
                            aria-invalid=invalid
                            data-send-at-once=""
                        />
                    </label>
                    <Button kind=Kind::Tonal class="without-script">"Kirim bukti"</Button>
                    <PhotoWaits/>
                </form>
            </div>
        </Part>
    }
}

fn proof(proof: Document) -> impl IntoView {
    let (tone, words) = match proof.status {
        DocumentStatus::Accepted => (Tone::Success, "Diterima petugas"),
        DocumentStatus::Retake => (Tone::Warning, "Perlu diulang"),
        DocumentStatus::Received | DocumentStatus::Replaced => (Tone::Plain, "Terkirim"),
    };
    view! { <ListRow icon=Symbol::Document tone=tone title=words detail=moment(proof.received_at) detail_class="text-micro text-muted numeric"/> }
}
