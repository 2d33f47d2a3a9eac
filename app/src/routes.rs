//! Every page and who may open it, on one screen.

use crate::pages::{
    about::*, auth::*, desk::*, documents::*, loans::*, not_found::NotFoundPage, notifications::*, payments::*,
    users::*,
};
use domain::{
    Role,
    payments::{BOOK_READERS, MONEY_READERS},
};
use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

/// Who may open a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Anyone.
    Open,
    /// Anyone, but a signed-in borrower goes to `/beranda`.
    Guest,
    /// A signed-in borrower; others go to `/masuk`.
    Borrower,
    /// Signed-in staff in one of these roles; others go to `/petugas/masuk` or read 403.
    Staff(&'static [Role]),
}

/// Staff who review identities.
pub const IDENTITY_STAFF: &[Role] = &[Role::Support, Role::Analyst, Role::Approver];
/// Staff who review applications.
pub const REVIEW_STAFF: &[Role] = &[Role::Analyst, Role::Approver];
/// Staff who see products and caps.
pub const PRODUCT_STAFF: &[Role] = &[Role::Approver, Role::Auditor, Role::Superadmin];
/// Staff who see policies.
pub const POLICY_STAFF: &[Role] = &[Role::Analyst, Role::Approver, Role::Auditor, Role::Superadmin];
/// Staff who see requests for ways out, and loans that are late.
pub const RELIEF_STAFF: &[Role] = &[
    Role::Support,
    Role::Collector,
    Role::Analyst,
    Role::Approver,
    Role::Auditor,
];
/// Staff who see differences with the gateways, or refunds.
pub const RECONCILIATION_STAFF: &[Role] = &[
    Role::Support,
    Role::Analyst,
    Role::Approver,
    Role::Auditor,
    Role::Superadmin,
];
/// Everybody who works here.
pub const ANY_STAFF: &[Role] = &Role::STAFF;

/// The guard of a path. A path under a guarded one has its guard; a path without any is open only if it is a page
/// that says so here, so a new page is closed until somebody decides.
pub fn guard(path: &str) -> Guard {
    match path {
        "/" | "/masuk" | "/daftar" => Guard::Guest,
        "/daftar/kode" | "/lupa-sandi" | "/simulasi" | "/biaya" | "/privasi" | "/bantuan" | "/petugas/masuk" => {
            Guard::Open
        }
        _ if path.starts_with("/petugas/pengajuan/") || path.starts_with("/petugas/penghasilan/") => {
            Guard::Staff(REVIEW_STAFF)
        }
        "/petugas/produk" | "/petugas/batas" => Guard::Staff(PRODUCT_STAFF),
        "/petugas/kebijakan" => Guard::Staff(POLICY_STAFF),
        "/petugas/jalan-keluar" | "/petugas/penagihan" => Guard::Staff(RELIEF_STAFF),
        "/petugas/uang" => Guard::Staff(MONEY_READERS),
        "/petugas/buku" => Guard::Staff(BOOK_READERS),
        "/petugas/rekonsiliasi" => Guard::Staff(RECONCILIATION_STAFF),
        _ if path.starts_with("/petugas/identitas/") || path.starts_with("/petugas/dokumen/") => {
            Guard::Staff(IDENTITY_STAFF)
        }
        _ if path == "/petugas" || path.starts_with("/petugas/") => Guard::Staff(ANY_STAFF),
        _ => Guard::Borrower,
    }
}

/// The pages.
#[component]
pub fn App() -> impl IntoView {
    leptos_meta::provide_meta_context();
    const ASYNC: SsrMode = SsrMode::Async;
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                // anyone
                <Route path=path!("/") view=WelcomePage ssr=ASYNC/>
                <Route path=path!("/simulasi") view=SimulationPage ssr=ASYNC/>
                <Route path=path!("/biaya") view=CostsPage ssr=ASYNC/>
                <Route path=path!("/privasi") view=PrivacyPage ssr=ASYNC/>
                <Route path=path!("/bantuan") view=HelpPage ssr=ASYNC/>
                // getting in
                <Route path=path!("/daftar") view=RegisterPage ssr=ASYNC/>
                <Route path=path!("/daftar/kode") view=CodePage ssr=ASYNC/>
                <Route path=path!("/masuk") view=SignInPage ssr=ASYNC/>
                <Route path=path!("/lupa-sandi") view=ResetPage ssr=ASYNC/>
                // borrowers
                <Route path=path!("/daftar/ktp") view=KtpPage ssr=ASYNC/>
                <Route path=path!("/daftar/selfie") view=SelfiePage ssr=ASYNC/>
                <Route path=path!("/daftar/selesai") view=RegisteredPage ssr=ASYNC/>
                <Route path=path!("/beranda") view=HomePage ssr=ASYNC/>
                <Route path=path!("/ajukan") view=ApplyPage ssr=ASYNC/>
                <Route path=path!("/ajukan/rincian") view=ConsentPage ssr=ASYNC/>
                <Route path=path!("/pengajuan/:id") view=ApplicationPage ssr=ASYNC/>
                <Route path=path!("/pengajuan/:id/keputusan") view=DecisionPage ssr=ASYNC/>
                <Route path=path!("/pinjaman") view=LoansPage ssr=ASYNC/>
                <Route path=path!("/pinjaman/:id") view=LoanPage ssr=ASYNC/>
                <Route path=path!("/pinjaman/:id/perjanjian") view=AgreementPage ssr=ASYNC/>
                <Route path=path!("/pinjaman/:id/hitungan") view=DerivationPage ssr=ASYNC/>
                <Route path=path!("/pinjaman/:id/jalan-keluar") view=ReliefPage ssr=ASYNC/>
                <Route path=path!("/pinjaman/:id/andai") view=WhatIfPage ssr=ASYNC/>
                <Route path=path!("/bayar/:id") view=PayPage ssr=ASYNC/>
                <Route path=path!("/notifikasi") view=NoticesPage ssr=ASYNC/>
                <Route path=path!("/akun") view=AccountPage ssr=ASYNC/>
                <Route path=path!("/akun/konfirmasi") view=ConfirmPasswordPage ssr=ASYNC/>
                // staff
                <Route path=path!("/petugas/masuk") view=StaffSignInPage ssr=ASYNC/>
                <Route path=path!("/petugas") view=QueuePage ssr=ASYNC/>
                <Route path=path!("/petugas/pengajuan/:id") view=ReviewPage ssr=ASYNC/>
                <Route path=path!("/petugas/identitas/:id") view=IdentityPage ssr=ASYNC/>
                <Route path=path!("/petugas/penghasilan/:id") view=IncomePage ssr=ASYNC/>
                <Route path=path!("/petugas/produk") view=ProductsPage ssr=ASYNC/>
                <Route path=path!("/petugas/batas") view=CapsPage ssr=ASYNC/>
                <Route path=path!("/petugas/kebijakan") view=PoliciesPage ssr=ASYNC/>
                <Route path=path!("/petugas/jalan-keluar") view=ReliefDeskPage ssr=ASYNC/>
                <Route path=path!("/petugas/uang") view=MoneyPage ssr=ASYNC/>
                <Route path=path!("/petugas/rekonsiliasi") view=ReconciliationPage ssr=ASYNC/>
                <Route path=path!("/petugas/buku") view=BooksPage ssr=ASYNC/>
                <Route path=path!("/petugas/penagihan") view=LatePage ssr=ASYNC/>
                <Route path=path!("/petugas/usulan") view=ProposalsPage ssr=ASYNC/>
            </Routes>
        </Router>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_nobody_thought_of_is_closed() {
        assert_eq!(guard("/baru"), Guard::Borrower);
        assert_eq!(guard("/petugas/baru"), Guard::Staff(ANY_STAFF));
        assert_eq!(guard("/pinjaman/x/perjanjian"), Guard::Borrower);
        assert_eq!(guard("/masuk"), Guard::Guest);
    }

    #[test]
    fn rooms_of_rules_open_for_those_who_may_read_their_proposals() {
        use domain::{
            audit::ProposalKind::{Cap, Policy, Product, Refund, Relief, Waiver},
            payments::RECONCILIATION_READERS,
        };
        for role in Role::STAFF {
            assert_eq!(PRODUCT_STAFF.contains(&role), Product.shows_to(role));
            assert_eq!(PRODUCT_STAFF.contains(&role), Cap.shows_to(role));
            assert_eq!(POLICY_STAFF.contains(&role), Policy.shows_to(role));
            assert_eq!(RELIEF_STAFF.contains(&role), Relief.shows_to(role));
            let either = Refund.shows_to(role) || RECONCILIATION_READERS.contains(&role);
            assert_eq!(RECONCILIATION_STAFF.contains(&role), either);
            assert_eq!(RELIEF_STAFF.contains(&role), Waiver.shows_to(role));
        }
    }
}
