//! Every component on one page, for people who change them; compiled only in debug builds.

use domain::{error::Fault, loans::affordability, money::Rupiah};
use leptos::prelude::*;

use super::*;

fn measure() -> Measure {
    Measure {
        gauge: affordability::Gauge {
            income: Rupiah::new(4_500_000),
            existing: Rupiah::new(350_000),
            share_percent: 30,
        },
        new: Rupiah::new(544_650),
    }
}

fn cost() -> impl IntoView {
    view! {
        <Receipt
            rows=vec![Line::new("Anda terima penuh", Rupiah::new(3_000_000)), Line::new("Bunga 2,5% per bulan", Rupiah::new(267_899))]
            total=Line::new("Total Anda bayar", Rupiah::new(3_267_899))
        />
    }
}

/// One named part of the gallery.
#[component]
fn Part(title: &'static str, children: Children) -> impl IntoView {
    view! { <section class="stack-3"><h2 class="text-micro text-muted">{title}</h2>{children()}</section> }
}

/// The gallery page, for `/_debug/components`.
#[component]
pub fn Gallery() -> impl IntoView {
    view! {
        <TopBar title="Komponen"/>
        <Main class="page stack-6">{type_and_buttons()}{forms()}{content()}{in_dark()}</Main>
        <TabBar current=Tab::Home unread=2/>
    }
}

fn type_and_buttons() -> impl IntoView {
    view! {
        <Part title="type">
            <p class="text-display numeric">"Rp3.000.000"</p>
            <p class="text-amount numeric">"Rp544.650"</p>
            <p class="text-total numeric">"Rp3.267.899"</p>
            <p class="text-label">"Label 14/20/650"</p>
            <p>"Isi 16/24/450, angka " {numeric("0123456789")}</p>
            <p class="text-small text-muted">"Kecil 14/20"</p>
            <p class="text-micro text-subtle">"Mikro 12,5/17"</p>
        </Part>
        <Part title="button">
            <Button>"Setuju dan ajukan"</Button>
            <Button busy=true>"Mengirim…"</Button>
            <Button kind=Kind::Secondary icon=Symbol::Calendar>"Simpan ke kalender"</Button>
            <Button kind=Kind::Tonal>"Minta ditinjau petugas"</Button>
            <Button kind=Kind::Danger>"Tolak"</Button>
            <div class="row">
                <Button kind=Kind::Tonal small=true>"Buat"</Button>
                <Button kind=Kind::Secondary small=true>"Tampilkan"</Button>
                <a class="button-link" href="#content">"Lupa kata sandi?"</a>
            </div>
        </Part>
        <Part title="badge">
            <p class="row">
                <Badge tone=Tone::Success icon=Symbol::Check>"Lunas"</Badge>
                <Badge tone=Tone::Warning icon=Symbol::Clock>"Berikutnya"</Badge>
                <Badge tone=Tone::Danger icon=Symbol::Alert>"Terlambat 3 hari"</Badge>
            </p>
            <p class="row"><Badge>"Nanti"</Badge><Badge tone=Tone::Primary>"Peminjam baru"</Badge></p>
        </Part>
        <Part title="petals">
            <div class="row">
                <Petals count=3 paid=1 label="1 dari 3" next=true middle=Middle::Count small=true/>
                <Petals count=12 paid=10 label="10 dari 12" next=true middle=Middle::Count small=true/>
                <Petals count=6 paid=6 label="Lunas" middle=Middle::Tick success=true/>
            </div>
        </Part>
    }
}

fn forms() -> impl IntoView {
    let faults = Faults::from(vec![
        Fault::new("password", "too_short", "Kata sandi kurang 3 karakter."),
        Fault::new("code", "code_wrong", "Kode tidak cocok. Masih 3 kesempatan."),
    ]);
    let (password_fault, code_fault) = (faults.of("password"), faults.of("code"));
    view! {
        <Part title="error-summary"><ErrorSummary faults=faults/></Part>
        <Part title="field">
            <NikField value="3275 0457 0895 0003" note="Terbaca: perempuan, lahir 17 Agustus 1995".to_owned()/>
            <PhoneField value="812 3456 7890"/>
            <PasswordField fresh=true error=password_fault/>
            <CodeField error=code_fault/>
            <SelectField label="Bank" name="bank" options=vec![("bca".into(), "BCA".into()), ("bri".into(), "BRI".into())] value="bri"/>
            <TextareaField label="Catatan keputusan" name="note" value="<b>bukan tebal</b>"/>
        </Part>
        <Part title="amount, tenor-options">
            <Amount value="3.000.000"/>
            <TenorOptions
                options=[(3, "1.050.412"), (6, "544.650"), (9, "376.371"), (12, "292.461")]
                    .map(|(months, instalment)| Tenor { months, instalment: instalment.into() })
                    .to_vec()
                chosen=6
            />
        </Part>
        <Part title="choice, consent, switch">
            <RadioCard name="tenor" value="3" title="3 bulan" compact=true>
                <span class="text-muted numeric">"Rp1.050.412/bln"</span>
            </RadioCard>
            <RadioCard name="tenor" value="6" title="6 bulan" compact=true checked=true>
                <span class="text-muted numeric">"Rp544.650/bln"</span>
            </RadioCard>
            <ChoiceGroup legend="Bayar lewat mana?" card=true>
                <OptionRow name="method" value="qris" icon=Symbol::Qr title="QRIS" detail="Semua bank dan e-wallet" checked=true/>
                <OptionRow name="method" value="va" icon=Symbol::Bank title="Virtual account" detail="BCA, Mandiri, BRI, BNI"/>
            </ChoiceGroup>
            <Consent name="agree">"Saya sudah membaca rincian biaya dan perjanjian."</Consent>
            <List>
                <ListRow icon=Symbol::Bell title="Notifikasi ponsel">
                    <Switch name="push" label="Notifikasi ponsel" checked=true/>
                </ListRow>
                <ListRow icon=Symbol::Person title="WhatsApp" detail="Mati"><Switch name="whatsapp" label="WhatsApp"/></ListRow>
            </List>
        </Part>
        <Part title="upload"><Upload what="foto KTP" sent=112 total=180/></Part>
        <Part title="photo-examples"><PhotoExamples/></Part>
    }
}

fn content() -> impl IntoView {
    let bars = (0..6)
        .map(|index| Bar {
            month: ["Okt", "Nov", "Des", "Jan", "Feb", "Mar"][index].into(),
            principal: Rupiah::new(469_650 + 12_000 * i64::try_from(index).unwrap_or(0)),
            interest: Rupiah::new(75_000 - 12_000 * i64::try_from(index).unwrap_or(0)),
            paid: index < 2,
            next: index == 2,
        })
        .collect();
    let row = |due: &str, status: &str, tone, next| Row {
        due: due.into(),
        status: status.into(),
        tone,
        interest: Rupiah::new(75_000),
        total: Rupiah::new(544_650),
        next,
    };
    let rows = vec![
        row("5 Okt 26", "Lunas", Tone::Success, false),
        row("5 Nov 26", "Berikutnya", Tone::Warning, true),
        row("5 Des 26", "Nanti", Tone::Plain, false),
    ];
    view! {
        <Part title="receipt">{cost()}</Part>
        <Part title="gauge">
            <GaugeCard measure=measure() detail="Semua cicilan dibanding penghasilan">
                <Legend entries=vec![("gauge__other", "Cicilan lain Rp350.000".into()), ("gauge__new", "Baru Rp544.650".into())]/>
            </GaugeCard>
            <GaugeCard measure=Measure { new: Rupiah::new(1_400_549), ..measure() } detail="Melewati batas"/>
        </Part>
        <Part title="schedule">
            <ScheduleChart bars=bars label="Bagian bunga mengecil tiap bulan"/>
            <ScheduleTable rows=rows/>
        </Part>
        <Part title="timeline">
            <Timeline>
                <TimelineStep state=Progress::Done title="Pengajuan diterima" detail="Jumat 4 Sep, 10.12"/>
                <TimelineStep state=Progress::Current title="Memeriksa kemampuan bayar" detail="Biasanya kurang dari 2 menit"/>
                <TimelineStep state=Progress::Later title="Keputusan"/>
            </Timeline>
        </Part>
        <Part title="facts, list, notice">
            <Facts><Fact name="Setara per hari">"0,049% "<small>"batas OJK 0,3%"</small></Fact></Facts>
            <List><ListRow icon=Symbol::Money title="Semua biaya kami" detail="Bunga, denda, contoh" tone=Tone::Primary href="#content"/></List>
            <LinkList><LinkRow icon=Symbol::Document href="#content">"Perjanjian, 4 menit membaca"</LinkRow></LinkList>
            <Notice icon=Symbol::Check tone=Tone::Success>"Kunci sandi dibuat. Lain kali cukup sidik jari."</Notice>
            <Notice icon=Symbol::Alert tone=Tone::Warning>"Rincian berubah sejak Anda membukanya."</Notice>
            <Notice icon=Symbol::Bell>"Halaman ini boleh ditutup."</Notice>
        </Part>
        <Part title="qr-code, numbered-steps">
            <QrCode payload="00020101021226610014ID.CO.CONTOH.WWW01189360091430000000005802ID5907SANGGUP6007JAKARTA6304ABCD"/>
            <NumberedSteps><li>"Simpan gambar kode"</li><li>"Buka aplikasi bank, pilih QRIS"</li></NumberedSteps>
        </Part>
        <Part title="skeleton"><Skeleton kind="short"/><Skeleton kind="amount"/><Skeleton kind="line"/><Skeleton kind="button"/></Part>
        <Part title="empty-state">
            <EmptyState>
                <Petals count=6 paid=0 label="Kosong"/>
                <h3>"Belum ada notifikasi"</h3>
                <p class="text-muted">"Kabar tentang pinjaman Anda muncul di sini."</p>
            </EmptyState>
        </Part>
        <Part title="dialog, toast">
            <Dialog id="cancel" question="Batalkan pengajuan ini?">
                <p>"Tidak ada biaya."</p>
                <div class="stack-2"><Button kind=Kind::Danger>"Ya, batalkan"</Button><Button kind=Kind::Secondary>"Tidak"</Button></div>
            </Dialog>
            <button class="button button--secondary" type="button" data-opens="cancel">"Buka dialog"</button>
            <Toast>"Nomor disalin"</Toast>
        </Part>
    }
}

fn in_dark() -> impl IntoView {
    view! {
        <section class="card stack" data-theme="dark" aria-label="data-theme=dark">
            <h2 class="text-micro text-muted">"data-theme=dark"</h2>
            <Button>"Bayar tagihan"</Button>
            <Badge tone=Tone::Warning icon=Symbol::Clock>"11 hari lagi"</Badge>
            <Gauge measure=measure()/>
            {cost()}
            <Field label="NIK" name="nik-dark" value="3275 0457 0895 000" error="NIK harus 16 angka. Anda mengetik 15.".to_owned()/>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn the_gallery_draws_every_part_without_inline_style_or_handler() {
        let drawn = html(|| view! { <Gallery/> });
        for class in [
            "receipt",
            "gauge",
            "petals",
            "error-summary",
            "schedule-table",
            "timeline",
            "qr-code",
            "tab-bar",
            "consent",
            "dialog",
        ] {
            assert!(drawn.contains(&format!("class=\"{class}")), "{class} is missing");
        }
        assert!(!drawn.contains("style=") && !drawn.contains(" onclick") && !drawn.contains("<script"));
    }
}
