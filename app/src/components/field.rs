//! Text inputs: label, hint, box, message, always in this order and tied together for screen readers.

use leptos::prelude::*;

use super::icon::{Icon, Symbol};

/// Ids of the texts that describe an input, in reading order; `None` without any.
pub(crate) fn described_by(id: &str, hint: bool, error: bool, note: bool) -> Option<String> {
    let parts: Vec<String> = [(hint, "hint"), (error, "error"), (note, "note")]
        .iter()
        .filter(|(present, _)| *present)
        .map(|(_, part)| format!("{id}-{part}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The frame around any control: label, hint, the box (children), error or note.
#[component]
pub fn FieldFrame(
    /// Label.
    #[prop(into)]
    label: String,
    /// Id of the control inside.
    #[prop(into)]
    id: String,
    /// Hint under the label.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// Error under the box.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Good news under the box.
    #[prop(optional_no_strip, into)]
    note: Option<String>,
    /// What stands in the box.
    children: Children,
) -> impl IntoView {
    let class = if error.is_some() {
        "field field--invalid"
    } else {
        "field"
    };
    let (hint_id, error_id, note_id) = (format!("{id}-hint"), format!("{id}-error"), format!("{id}-note"));
    view! {
        <div class=class>
            <label class="field__label" for=id>{label}</label>
            {hint.map(|words| view! { <p class="field__hint" id=hint_id>{words}</p> })}
            <div class="field__box">{children()}</div>
            {error.map(|words| view! { <Message error=true id=error_id words=words/> })}
            {note.map(|words| view! { <Message error=false id=note_id words=words/> })}
        </div>
    }
}

/// The message under a control.
#[component]
pub(crate) fn Message(error: bool, id: String, words: String) -> impl IntoView {
    let (class, icon) = if error {
        ("field__message field__message--error", Symbol::Alert)
    } else {
        ("field__message field__message--success", Symbol::Check)
    };
    view! { <p class=class id=id><Icon name=icon/><span>{words}</span></p> }
}

/// A one-line text input. The id is the name, so that an error summary can lead to it.
#[component]
pub fn Field(
    /// Label.
    #[prop(into)]
    label: String,
    /// Name sent with the form, and id.
    #[prop(into)]
    name: String,
    /// Text in it.
    #[prop(optional, into)]
    value: String,
    /// Hint under the label.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// Error under the box, usually `faults.of(name)`.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Good news under the box, for example what was read from the NIK.
    #[prop(optional_no_strip, into)]
    note: Option<String>,
    /// Fixed text before the input: "+62", "Rp".
    #[prop(optional)]
    prefix: Option<&'static str>,
    /// `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// Further class of the input.
    #[prop(optional)]
    input_class: Option<&'static str>,
    /// Which keyboard a phone shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// What browsers and password managers may fill in.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Longest text, in characters.
    #[prop(optional)]
    maxlength: Option<u16>,
    /// Shortest text, in characters.
    #[prop(optional)]
    minlength: Option<u16>,
    /// Smallest value of a number or date.
    #[prop(optional, into)]
    min: Option<String>,
    /// Largest value of a number or date.
    #[prop(optional, into)]
    max: Option<String>,
    /// `"false"` for numbers and names of people.
    #[prop(optional)]
    spellcheck: Option<&'static str>,
    /// Hook for a plain script, as `data-enhance`.
    #[prop(optional)]
    enhance: Option<&'static str>,
    /// What stands at the end of the box: a small button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let described = described_by(&name, hint.is_some(), error.is_some(), note.is_some());
    let invalid = error.is_some().then_some("true");
    let class = input_class.map_or_else(|| "field__input".to_owned(), |extra| format!("field__input {extra}"));
    view! {
        <FieldFrame label=label id=name.clone() hint=hint error=error note=note>
            {prefix.map(|words| view! { <span class="field__prefix">{words}</span> })}
            <input
                class=class
                id=name.clone()
                name=name
                type=kind
                value=value
                inputmode=inputmode
                autocomplete=autocomplete
                maxlength=maxlength
                minlength=minlength
                min=min
                max=max
                spellcheck=spellcheck
                data-enhance=enhance
                aria-describedby=described
                aria-invalid=invalid
            />
            {children.map(|children| children())}
        </FieldFrame>
    }
}

/// NIK: numeric keyboard, grouped in fours by the script when the reader leaves it.
#[component]
pub fn NikField(
    /// Name and id.
    #[prop(default = "nik".to_owned(), into)]
    name: String,
    /// What was typed.
    #[prop(optional, into)]
    value: String,
    /// Error.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// "Terbaca: perempuan, lahir 17 Agustus 1995".
    #[prop(optional_no_strip, into)]
    note: Option<String>,
) -> impl IntoView {
    view! {
        <Field
            label="NIK"
            name=name
            value=value
            hint="16 angka di bagian atas KTP".to_owned()
            error=error
            note=note
            inputmode="numeric"
            autocomplete="off"
            maxlength=19
            spellcheck="false"
            enhance="nik"
        />
    }
}

/// Indonesian mobile number behind a fixed "+62"; the server accepts every usual way of typing it.
#[component]
pub fn PhoneField(
    /// Label.
    #[prop(default = "Nomor WhatsApp".to_owned(), into)]
    label: String,
    /// Name and id.
    #[prop(default = "phone".to_owned(), into)]
    name: String,
    /// What was typed.
    #[prop(optional, into)]
    value: String,
    /// Error.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
) -> impl IntoView {
    view! {
        <Field
            label=label
            name=name
            value=value
            error=error
            prefix="+62"
            kind="tel"
            inputmode="tel"
            autocomplete="tel-national"
        />
    }
}

/// Password; never filled from the server. `fresh` for a new one, with the rule as hint.
#[component]
pub fn PasswordField(
    /// Label.
    #[prop(default = "Kata sandi".to_owned(), into)]
    label: String,
    /// Name and id.
    #[prop(default = "password".to_owned(), into)]
    name: String,
    /// A password that is being chosen.
    #[prop(optional)]
    fresh: bool,
    /// Error.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
) -> impl IntoView {
    let hint = fresh.then(|| "Minimal 10 karakter. Boleh berupa kalimat.".to_owned());
    let controls = name.clone();
    let autocomplete = if fresh { "new-password" } else { "current-password" };
    view! {
        <Field
            label=label
            name=name
            hint=hint
            error=error
            kind="password"
            autocomplete=autocomplete
            maxlength=128
            spellcheck="false"
        >
            <button
                class="button-link needs-script"
                type="button"
                aria-pressed="false"
                aria-controls=controls
                data-show-password=""
            >
                "Tampilkan"
            </button>
        </Field>
    }
}

/// One-time code: one input, filled by the phone itself where it can.
#[component]
pub fn CodeField(
    /// Label.
    #[prop(default = "Kode dari WhatsApp".to_owned(), into)]
    label: String,
    /// Name and id.
    #[prop(default = "code".to_owned(), into)]
    name: String,
    /// Error.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
) -> impl IntoView {
    view! {
        <Field
            label=label
            name=name
            error=error
            input_class="field__input--code"
            inputmode="numeric"
            autocomplete="one-time-code"
            maxlength=6
            spellcheck="false"
        />
    }
}

/// An amount in rupiah as people type it.
#[component]
pub fn MoneyField(
    /// Label.
    #[prop(into)]
    label: String,
    /// Name and id.
    #[prop(into)]
    name: String,
    /// What was typed, or an amount without "Rp".
    #[prop(optional, into)]
    value: String,
    /// Hint.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// Error.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
) -> impl IntoView {
    view! {
        <Field
            label=label
            name=name
            value=value
            hint=hint
            error=error
            prefix="Rp"
            inputmode="numeric"
            autocomplete="off"
            maxlength=16
            enhance="money"
        />
    }
}

/// A choice of few from a native list.
#[component]
pub fn SelectField(
    /// Label.
    #[prop(into)]
    label: String,
    /// Name and id.
    #[prop(into)]
    name: String,
    /// Value and words of each option.
    options: Vec<(String, String)>,
    /// Value of the chosen option.
    #[prop(optional, into)]
    value: String,
    /// Hint.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// Error.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
) -> impl IntoView {
    let described = described_by(&name, hint.is_some(), error.is_some(), false);
    let invalid = error.is_some().then_some("true");
    let options = options
        .into_iter()
        .map(|(option, words)| {
            let chosen = option == value;
            view! { <option value=option selected=chosen>{words}</option> }
        })
        .collect_view();
    view! {
        <FieldFrame label=label id=name.clone() hint=hint error=error>
            <select class="field__input" id=name.clone() name=name aria-describedby=described aria-invalid=invalid>
                {options}
            </select>
        </FieldFrame>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn a_field_ties_hint_error_and_note_to_its_input() {
        let drawn = html(|| {
            view! {
                <Field
                    label="NIK"
                    name="nik"
                    value="3275\"<b>"
                    hint="16 angka".to_owned()
                    error="NIK harus 16 angka.".to_owned()
                    note="Terbaca".to_owned()
                />
            }
        });
        assert!(drawn.contains("field field--invalid"), "{drawn}");
        assert!(drawn.contains("for=\"nik\""));
        assert!(
            drawn.contains("aria-describedby=\"nik-hint nik-error nik-note\""),
            "{drawn}"
        );
        assert!(drawn.contains("aria-invalid=\"true\""));
        assert!(!drawn.contains("3275\"<b>"), "the value is escaped: {drawn}");
    }

    #[test]
    fn a_sound_field_says_nothing_about_errors() {
        let drawn = html(|| view! { <Field label="Email" name="email"/> });
        assert!(
            !drawn.contains("aria-invalid") && !drawn.contains("aria-describedby") && !drawn.contains("--invalid"),
            "{drawn}"
        );
    }

    #[test]
    fn a_password_never_carries_a_value_and_can_be_shown() {
        let drawn = html(|| view! { <PasswordField fresh=true/> });
        assert!(
            drawn.contains("value=\"\"") && drawn.contains("autocomplete=\"new-password\""),
            "{drawn}"
        );
        assert!(
            drawn.contains("aria-pressed=\"false\"") && drawn.contains("needs-script"),
            "{drawn}"
        );
    }

    #[test]
    fn the_code_is_one_input_the_phone_can_fill() {
        let drawn = html(|| view! { <CodeField/> });
        assert_eq!(drawn.matches("<input").count(), 1);
        assert!(
            drawn.contains("autocomplete=\"one-time-code\"") && drawn.contains("inputmode=\"numeric\""),
            "{drawn}"
        );
    }

    #[test]
    fn the_chosen_option_is_selected() {
        let options = vec![
            ("bca".to_owned(), "BCA".to_owned()),
            ("bri".to_owned(), "BRI".to_owned()),
        ];
        let drawn = html(move || view! { <SelectField label="Bank" name="bank" options=options value="bri"/> });
        assert_eq!(drawn.matches(" selected").count(), 1, "{drawn}");
        assert!(drawn.contains("value=\"bri\" selected"), "{drawn}");
    }
}
