//! Another code, by WhatsApp or SMS. The script counts the seconds down and shows the buttons then; without it the
//! buttons are there at once and the service says how long to wait.

use crate::components::{CsrfField, Hidden};
use domain::auth::Challenge;
use leptos::prelude::*;
use time::OffsetDateTime;

/// The two buttons for another code.
#[component]
pub(super) fn Resend(
    /// The code that was sent last.
    challenge: Challenge,
    /// The instant of the request.
    now: OffsetDateTime,
    /// The local path to go on to afterwards, or empty.
    next: String,
) -> impl IntoView {
    let wait = (challenge.resend_at - now).whole_seconds();
    let countdown = (wait > 0).then(|| wait.to_string());
    view! {
        <form class="row row--between" method="post" action="/_fn/resend_code" data-resend=countdown>
            <CsrfField/>
            <Hidden name="challenge" value=challenge.id.to_string()/>
            <Hidden name="next" value=next/>
            <button class="button-link" name="channel" value="whatsapp">"Kirim ulang"</button>
            <button class="button-link" name="channel" value="sms">"Kirim lewat SMS"</button>
        </form>
    }
}
