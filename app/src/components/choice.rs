//! Radio cards, option rows, the consent tick, the switch: native inputs, larger and in our colour.

use leptos::prelude::*;

use super::{
    field::Message,
    icon::{Icon, Symbol},
    list::Tile,
    tone::Tone,
};

/// A group of choices with its question as legend; `card` draws the rows of [`OptionRow`] in one card.
#[component]
pub fn ChoiceGroup(
    /// The question.
    #[prop(into)]
    legend: String,
    /// Id that an error summary leads to.
    #[prop(optional, into)]
    id: Option<String>,
    /// Error under the legend.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Rows in one card instead of separate cards.
    #[prop(optional)]
    card: bool,
    /// [`RadioCard`]s or [`OptionRow`]s.
    children: Children,
) -> impl IntoView {
    let error_id = id
        .as_ref()
        .map_or_else(|| "choice-error".to_owned(), |id| format!("{id}-error"));
    let described = error.is_some().then(|| error_id.clone());
    let message = error.map(|words| view! { <Message error=true id=error_id words=words/> });
    let legend = view! { <legend class="text-label field__legend">{legend}</legend> };
    if card {
        view! {
            <fieldset id=id aria-describedby=described>
                {legend}{message} <div class="card card--list list">{children()}</div>
            </fieldset>
        }
        .into_any()
    } else {
        view! { <fieldset class="stack-2" id=id aria-describedby=described>{legend}{message}{children()}</fieldset> }
            .into_any()
    }
}

/// A choice as a card; the whole card is the label; children stand at the end.
#[component]
pub fn RadioCard(
    /// Name of the group.
    #[prop(into)]
    name: String,
    /// Value sent.
    #[prop(into)]
    value: String,
    /// First line.
    #[prop(into)]
    title: String,
    /// Second line.
    #[prop(optional, into)]
    detail: Option<String>,
    /// The second line in green: money saved.
    #[prop(optional)]
    good: bool,
    /// Chosen.
    #[prop(optional)]
    checked: bool,
    /// 52 px instead of 60.
    #[prop(optional)]
    compact: bool,
    /// An amount at the end.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let class = if compact { "choice choice--compact" } else { "choice" };
    let detail = detail.map(|words| {
        let words = if good {
            view! { <span class="text-success">{words}</span> }.into_any()
        } else {
            words.into_any()
        };
        view! { <span class="text-micro text-muted numeric">{words}</span> }
    });
    view! {
        <label class=class>
            <input class="radio" type="radio" name=name value=value checked=checked/>
            <span class="list__body"><b>{title}</b>{detail}</span>
            {children.map(|children| children())}
        </label>
    }
}

/// A choice that is a link: a way forward after a refusal.
#[component]
pub fn ChoiceLink(
    /// Where it leads.
    #[prop(into)]
    href: String,
    /// Icon of the square.
    icon: Symbol,
    /// First line.
    #[prop(into)]
    title: String,
    /// Second line.
    #[prop(into)]
    detail: String,
) -> impl IntoView {
    use super::icon::IconSize;
    view! {
        <a class="choice" href=href>
            <Tile icon=icon tone=Tone::Success/>
            <span class="list__body"><b>{title}</b><span class="text-micro text-muted numeric">{detail}</span></span>
            <Icon name=Symbol::Forward size=IconSize::Small/>
        </a>
    }
}

/// A choice as a row with an icon square, radio at the end: payment methods.
#[component]
pub fn OptionRow(
    /// Name of the group.
    #[prop(into)]
    name: String,
    /// Value sent.
    #[prop(into)]
    value: String,
    /// Icon of the square.
    icon: Symbol,
    /// First line.
    #[prop(into)]
    title: String,
    /// Second line.
    #[prop(into)]
    detail: String,
    /// Chosen.
    #[prop(optional)]
    checked: bool,
) -> impl IntoView {
    let tone = if checked { Tone::Primary } else { Tone::Plain };
    view! {
        <label class="list__row">
            <Tile icon=icon tone=tone/>
            <span class="list__body"><b class="text-label">{title}</b><span class="text-micro text-muted">{detail}</span></span>
            <input class="radio" type="radio" name=name value=value checked=checked/>
        </label>
    }
}

/// A statement to agree to; never ticked by us, and ticked again only where the person did so already.
#[component]
pub fn Consent(
    /// Name and id.
    #[prop(into)]
    name: String,
    /// Value sent when ticked.
    #[prop(default = "yes")]
    value: &'static str,
    /// Ticked by the person before the form came back; never for the consent to what may have changed since.
    #[prop(optional)]
    checked: bool,
    /// Error above the box.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// The statement.
    children: Children,
) -> impl IntoView {
    let error_id = format!("{name}-error");
    let described = error.is_some().then(|| error_id.clone());
    let invalid = error.is_some().then_some("true");
    view! {
        {error.map(|words| view! { <Message error=true id=error_id words=words/> })}
        <label class="consent">
            <input
                class="tick"
                type="checkbox"
                id=name.clone()
                name=name
                value=value
                checked=checked
                aria-describedby=described
                aria-invalid=invalid
            />
            <span class="text-small">{children()}</span>
        </label>
    }
}

/// On or off; saved with its form (the script sends the form at once).
#[component]
pub fn Switch(
    /// Name sent when on.
    #[prop(into)]
    name: String,
    /// Name for screen readers.
    #[prop(into)]
    label: String,
    /// On.
    #[prop(optional)]
    checked: bool,
    /// Id of the form, when it stands outside of it.
    #[prop(optional, into)]
    form: Option<String>,
) -> impl IntoView {
    view! {
        <input class="switch" type="checkbox" role="switch" name=name value="on" aria-label=label checked=checked form=form/>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::html;

    #[test]
    fn consent_is_never_ticked_for_the_person() {
        let drawn = html(
            || view! { <Consent name="agree" error="Centang dulu pernyataan di atas.".to_owned()>"Saya sudah membaca."</Consent> },
        );
        assert!(!drawn.contains("checked"), "{drawn}");
        assert!(
            drawn.contains("aria-describedby=\"agree-error\"") && drawn.contains("id=\"agree-error\""),
            "{drawn}"
        );
    }

    #[test]
    fn only_the_chosen_card_is_checked() {
        let drawn = html(|| {
            view! {
                <ChoiceGroup legend="Dicicil berapa bulan?">
                    <RadioCard name="tenor" value="3" title="3 bulan"/>
                    <RadioCard name="tenor" value="6" title="6 bulan" checked=true/>
                </ChoiceGroup>
            }
        });
        assert_eq!(drawn.matches(" checked").count(), 1, "{drawn}");
    }
}
