//! The web page `/`: messages, payments and payouts for a person, with buttons that work without JavaScript
//! (they post to `/_sim`, which sends the browser back here). It refreshes itself.

use std::fmt::Write;

use axum::{extract::State, response::Html};
use html_escape::{encode_double_quoted_attribute as attribute, encode_text as text};
use serde_json::Value;
use time::{format_description::BorrowedFormatItem, macros::format_description};

use crate::{
    midtrans,
    state::{JAKARTA, Sim, Store, now},
    xendit,
};

const CLOCK: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
/// How many rows of each table.
const ROWS: usize = 25;

const STYLE: &str = "
:root{color-scheme:light dark;--line:#d7dce3;--soft:#f4f6f9;--ink:#1b2430;--mute:#5d6b7c;--act:#0b6bcb;--bad:#b3261e;--good:#1a7f4b}
@media(prefers-color-scheme:dark){:root{--line:#36404d;--soft:#1d242d;--ink:#e8edf3;--mute:#9aa8b8;--act:#6db3ff;--bad:#ff8a80;--good:#63d39a}body{background:#12171d}}
*{box-sizing:border-box}body{margin:0 auto;max-width:76rem;padding:1.5rem 1rem 4rem;color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.35rem;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .6rem}p{color:var(--mute);margin:.25rem 0}
.wrap{overflow-x:auto;border:1px solid var(--line);border-radius:10px}table{border-collapse:collapse;width:100%}
th,td{padding:.5rem .75rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}tr:first-child>*{border-top:0}
th{background:var(--soft);font-weight:600;font-size:.8rem;color:var(--mute)}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 ui-monospace,monospace;max-height:9rem;overflow:auto}
form{display:inline-flex;gap:.3rem;margin:0 .3rem .3rem 0}input,select{width:8.5rem;font:inherit;padding:.2rem .45rem;border:1px solid var(--line);border-radius:6px;background:transparent;color:inherit}
button{font:inherit;padding:.2rem .7rem;border:1px solid var(--act);border-radius:6px;background:transparent;color:var(--act);cursor:pointer}
button.bad{border-color:var(--bad);color:var(--bad)}.tag{font-size:.8rem;font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}
details{margin-top:2rem;color:var(--mute)}li{margin:.2rem 0}";

const RULES: &str = "<details><summary>Aturan main sandbox ini</summary><ul>
<li>WhatsApp ke nomor berakhiran 999 langsung ditolak (131026); 998 diterima lalu gagal. Teks bebas hanya sampai bila nomor itu menulis dalam 24 jam terakhir.</li>
<li>SMS ke nomor berakhiran 997 tidak sampai (30003). Surel ke domain tolak.invalid ditolak.</li>
<li>Pencairan otomatis menurut akhir nomor rekening: 9901 INVALID_DESTINATION, 9902 REJECTED_BY_CHANNEL, 9903 TEMPORARY_TRANSFER_ERROR, 9904 INSUFFICIENT_BALANCE, 9905 TRANSFER_ERROR, 9906 berhasil lalu dibalik, 9907 menunggu tombol; nama yang berbeda dari <code>POST /_sim/accounts</code> juga INVALID_DESTINATION.</li>
<li>Validasi rekening: 10 digit berawalan 8 tidak ada; selain itu nama dari <code>POST /_sim/accounts</code> atau PEMILIK REKENING dan 4 digit terakhir.</li>
<li>NIK berakhiran 0002 nama berbeda, 0003 tidak ditemukan, 0004 galat 500, 0005 lambat 35 detik; gambar memakai penanda <code>sim:blur</code>, <code>sim:spoof</code>, <code>sim:nomatch</code>.</li>
<li>Gangguan dipasang dengan <code>POST /_sim/faults</code>; panggilan tercatat di <a href=\"/_sim/requests\">/_sim/requests</a>, webhook di <a href=\"/_sim/webhooks\">/_sim/webhooks</a>.</li>
</ul></details>";

/// Renders the page.
pub async fn show(State(sim): State<Sim>) -> Html<String> {
    midtrans::tick(&sim, now());
    let store = sim.store();
    let target = sim.outbox.address("").unwrap_or_else(|| "belum disetel".to_owned());
    Html(format!(
        "<!doctype html><html lang=\"id\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"5\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Sandbox Sanggup</title>\
         <style>{STYLE}</style></head><body><h1>Sandbox Sanggup</h1>\
         <p>Pihak ketiga tiruan untuk pengembangan. Webhook dikirim ke {target}.</p>\
         {payments}{payouts}{messages}{RULES}</body></html>",
        target = text(&target),
        payments = payments(&store),
        payouts = payouts(&store),
        messages = messages(&store),
    ))
}

/// A table with its title, or a line when there is nothing.
fn table(title: &str, head: &str, rows: &str) -> String {
    if rows.is_empty() {
        return format!("<h2>{title}</h2><p>Belum ada.</p>");
    }
    format!("<h2>{title}</h2><div class=\"wrap\"><table><tr>{head}</tr>{rows}</table></div>")
}

/// A button that posts; `inside` goes before it.
fn button(path: &str, label: &str, inside: &str, class: &str) -> String {
    let path = attribute(path);
    format!("<form method=\"post\" action=\"{path}\">{inside}<button class=\"{class}\">{label}</button></form>")
}

fn rupiah(amount: i64) -> String {
    let digits = amount.to_string();
    let mut grouped = String::from("Rp");
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}

fn tag(word: &str) -> String {
    let class = match word {
        "settlement" | "SUCCEEDED" | "delivered" => "good",
        "pending" | "ACCEPTED" | "sent" => "",
        _ => "bad",
    };
    format!("<span class=\"tag {class}\">{}</span>", text(word))
}

fn payments(store: &Store) -> String {
    let mut rows = String::new();
    for payment in store.transactions.newest().take(ROWS) {
        let (id, view) = (&payment.order_id, payment.view());
        let field = |name: &str| view[name].as_str().unwrap_or_default().to_owned();
        let how = match payment.payment_type() {
            "qris" => format!(
                "QRIS <a href=\"/midtrans/v2/qris/{id}/qr-code\">gambar</a><pre>{}</pre>",
                text(&field("qr_string")),
                id = attribute(&payment.transaction_id),
            ),
            "echannel" => format!("Mandiri {} / {}", text(&field("biller_code")), text(&field("bill_key"))),
            _ => format!(
                "VA {} {}",
                text(&field("bank").to_uppercase()),
                text(&field("va_number"))
            ),
        };
        let path = |action: &str| format!("/_sim/midtrans/{id}/{action}");
        let amount = format!(
            "<input name=\"amount\" inputmode=\"numeric\" aria-label=\"Jumlah dibayar\" value=\"{}\">",
            payment.amount
        );
        let actions = match payment.status {
            midtrans::Status::Pending => {
                button(&path("pay"), "Bayar", &amount, "")
                    + &button(&path("expire"), "Kedaluwarsa", "", "bad")
                    + &button(&path("deny"), "Tolak", "", "bad")
            }
            midtrans::Status::Settlement => button(&path("reverse"), "Balikkan", "", "bad"),
            _ => String::new(),
        };
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{how}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td><td>{actions}</td></tr>",
            text(id),
            rupiah(payment.amount),
            tag(payment.status.word()),
            text(&field("expires_at")),
        );
    }
    let head = "<th>Pesanan</th><th>Cara bayar</th><th>Jumlah</th><th>Status</th><th>Berlaku sampai</th><th></th>";
    table("Pembayaran (Midtrans)", head, &rows)
}

fn payouts(store: &Store) -> String {
    let options: String = xendit::FAILURES
        .iter()
        .map(|code| format!("<option>{code}</option>"))
        .collect();
    let codes = format!("<select name=\"failure_code\" aria-label=\"Sebab gagal\">{options}</select>");
    let mut rows = String::new();
    for payout in store.payouts.newest().take(ROWS) {
        let path = |action: &str| format!("/_sim/xendit/payouts/{}/{action}", payout.id);
        let actions = match payout.status {
            xendit::Status::Accepted => {
                button(&path("succeed"), "Berhasil", "", "") + &button(&path("fail"), "Gagal", &codes, "bad")
            }
            xendit::Status::Succeeded => button(&path("reverse"), "Balikkan", "", "bad"),
            _ => String::new(),
        };
        let body = payout.body();
        let properties = &body["channel_properties"];
        let field = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let _ = write!(
            rows,
            "<tr><td>{}<br><small>{}</small></td><td>{} {}<br>{}</td><td class=\"n\">{}</td><td>{} {}</td><td>{actions}</td></tr>",
            text(&payout.reference_id),
            text(&payout.id),
            text(&field(&body["channel_code"])),
            text(&field(&properties["account_number"])),
            text(&field(&properties["account_holder_name"])),
            rupiah(payout.amount),
            tag(payout.status.word()),
            text(&field(&body["failure_code"])),
        );
    }
    table(
        "Pencairan (Xendit)",
        "<th>Rujukan</th><th>Tujuan</th><th>Jumlah</th><th>Status</th><th></th>",
        &rows,
    )
}

fn messages(store: &Store) -> String {
    let mut rows = String::new();
    for message in store.messages.newest().take(ROWS) {
        let at = message.at.to_offset(JAKARTA).format(CLOCK).unwrap_or_default();
        let channel = serde_json::to_value(message.channel).unwrap_or_default();
        let _ = write!(
            rows,
            "<tr><td>{at}</td><td>{}</td><td>{}</td><td><pre>{}</pre></td><td>{}</td></tr>",
            text(channel.as_str().unwrap_or_default()),
            text(&message.to),
            text(&message.text),
            tag(message.status),
        );
    }
    table(
        "Pesan terkirim",
        "<th>Jam</th><th>Saluran</th><th>Kepada</th><th>Isi</th><th>Status</th>",
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::rupiah;

    #[test]
    fn rupiah_is_grouped_by_threes() {
        assert_eq!([5, 1_000, 1_250_000].map(rupiah), ["Rp5", "Rp1.000", "Rp1.250.000"]);
    }
}
