//! What the payer scans or types, with the steps of its bank.

use crate::components::{Icon, NumberedSteps, QrCode, Symbol};
use domain::payments::{Instruction, Method};
use leptos::prelude::*;

/// The copy button of the number that is typed last, and of one before it: one main action on a screen.
const FIRST: &str = "button button--primary needs-script";
const SECOND: &str = "button button--tonal needs-script";

/// The code, until when it is good, how to pay with it.
pub(super) fn instruction(method: Method, code: &Instruction, until: AnyView) -> AnyView {
    match code {
        Instruction::Qris { qr_string } => qris(qr_string.clone(), until),
        Instruction::VirtualAccount { number } => {
            view! { {number_card("Nomor virtual account", number, FIRST)}{until}{bank_steps(method)} }.into_any()
        }
        Instruction::MandiriBill { biller_code, bill_key } => view! {
            {number_card("Kode perusahaan", biller_code, SECOND)}
            {number_card("Nomor tagihan", bill_key, FIRST)}
            {until}
            {bank_steps(method)}
        }
        .into_any(),
    }
}

fn qris(payload: String, until: AnyView) -> AnyView {
    view! {
        <QrCode payload=payload/>
        {until}
        <NumberedSteps>
            <li>"Simpan gambar kode atau tangkap layar"</li>
            <li>"Buka aplikasi bank atau e-wallet, pilih QRIS"</li>
            <li>"Nominal terisi sendiri, lalu bayar"</li>
        </NumberedSteps>
        <button class="button button--primary needs-script" type="button" data-save-picture="payment-code">
            <Icon name=Symbol::Download/>
            "Simpan gambar kode"
        </button>
    }
    .into_any()
}

/// Digits in groups of four, easy to read and to type.
fn groups(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

fn number_card(name: &'static str, number: &str, class: &'static str) -> impl IntoView + use<> {
    let (shown, copied) = (groups(number), number.to_owned());
    view! {
        <section class="card stack-3">
            <div>
                <h2 class="text-small text-muted">{name}</h2>
                <p class="text-total numeric">{shown}</p>
            </div>
            <button class=class type="button" data-copy=copied data-copied="Nomor disalin">"Salin nomor"</button>
        </section>
    }
}

fn bank_steps(method: Method) -> impl IntoView + use<> {
    let menu = match method {
        Method::VaBca => "Buka BCA mobile, pilih m-Transfer, lalu BCA Virtual Account",
        Method::VaMandiri => "Buka Livin', pilih Bayar, cari kode perusahaan di atas",
        Method::VaBri => "Buka BRImo, pilih BRIVA",
        Method::VaBni => "Buka BNI Mobile Banking, pilih Virtual Account Billing",
        Method::VaPermata => "Buka PermataMobile, pilih Bayar, lalu Virtual Account",
        Method::VaCimb => "Buka OCTO Mobile, pilih Transfer, lalu Virtual Account",
        Method::Qris => "Buka aplikasi bank atau e-wallet, pilih QRIS",
    };
    let number = match method {
        Method::VaMandiri => "Tulis nomor tagihan",
        _ => "Tempel nomor, nominal terisi sendiri",
    };
    view! {
        <NumberedSteps>
            <li>{menu}</li>
            <li>{number}</li>
            <li>"Periksa nama Sanggup dan jumlahnya, lalu bayar"</li>
        </NumberedSteps>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn numbers_are_read_in_groups_and_copied_whole() {
        assert_eq!(groups("8808123456789012"), "8808 1234 5678 9012");
        assert_eq!(groups("70012"), "7001 2");
        let code = Instruction::VirtualAccount {
            number: "8808123456".into(),
        };
        let drawn = html(move || instruction(Method::VaBca, &code, ().into_any()));
        assert!(
            drawn.contains("8808 1234 56") && drawn.contains("data-copy=\"8808123456\""),
            "{drawn}"
        );
    }

    #[test]
    fn both_numbers_of_mandiri_can_be_copied() {
        let code = Instruction::MandiriBill {
            biller_code: "70012".into(),
            bill_key: "990000001".into(),
        };
        let drawn = html(move || instruction(Method::VaMandiri, &code, ().into_any()));
        assert!(
            drawn.contains("data-copy=\"70012\"") && drawn.contains("data-copy=\"990000001\""),
            "{drawn}"
        );
    }

    #[test]
    fn a_qr_code_is_drawn_on_the_page_and_can_be_saved() {
        let code = Instruction::Qris {
            qr_string: "00020101021226610014COM.GO-JEK.WWW".into(),
        };
        let drawn = html(move || instruction(Method::Qris, &code, ().into_any()));
        assert!(
            drawn.contains("id=\"payment-code\"") && drawn.contains("data-save-picture=\"payment-code\""),
            "{drawn}"
        );
    }
}
