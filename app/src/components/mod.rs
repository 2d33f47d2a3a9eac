//! The parts pages are made of: one file per component of the design kit. Values enter, markup leaves; no
//! component calls the server. Only `measure` also runs in the browser.
//!
//! Props in order, `?` marks an optional one, `…` children. Text props take `&str` or `String`; `error`, `hint` and
//! `note` take `Option<String>` or `String`. Optional flags are off unless given.
//!
//! **Document** (`crate::shell`): `shell(|| view)`, `Module(name)`, `IslandScripts()`, `RefreshWithoutScript(seconds?)`,
//! contexts `Assets` and `PageContext { csrf, theme }`; title: `<leptos_meta::Title text=page_title("Masuk", &faults)/>`.
//!
//! **Frame**: `AppBar(title, back?, aside?, heading?, step?, steps?)`, `TopBar(title, …?)`, `Greeting(words, name, …?)`,
//! `BrandBar(href?)`, `Brand(href?, class?)`, `Splash()`, `WelcomeHead()`, `Main(class?, …)`,
//! `TabBar(current: Tab, unread?: u32)`, `ActionBar(label, in_flow?, …)`, `PageFoot(…)`, `Stepper(current, total?)`.
//!
//! **Buttons**: `Button(kind?: Kind, icon?: Symbol, href?, small?, class?, type?, name?, value?, form?, formaction?,
//! formmethod?, formnovalidate?, id?, busy?, …)`, `FileButton(id, name?, kind?, icon, accept?, capture?, …)`.
//!
//! **Forms**: `Faults` (from `Vec<Fault>` or `domain::error::Error`; `.of(name)`), `ErrorSummary(faults, title?)`, `Setback(faults)`, `CsrfField()`,
//! `Hidden(name, value)`, `Field(label, name, value?, hint?, error?, note?, prefix?, kind?, input_class?, inputmode?,
//! autocomplete?, maxlength?, minlength?, min?, max?, spellcheck?, enhance?, …?)`, `NikField(name?, value?, error?, note?)`,
//! `PhoneField(label?, name?, value?, error?)`, `PasswordField(label?, name?, fresh?, error?)`,
//! `CodeField(label?, name?, error?)`, `MoneyField(label, name, value?, hint?, error?)`,
//! `SelectField(label, name, options: Vec<(value, words)>, value?, hint?, error?)`,
//! `TextareaField(label, name, value?, hint?, error?, rows?, maxlength?)`, `FieldFrame(label, id, hint?, error?, note?, …)`,
//! `ChoiceGroup(legend, id?, error?, card?, …)`, `RadioCard(name, value, title, detail?, good?, checked?, compact?, …?)`,
//! `OptionRow(name, value, icon, title, detail, checked?)`, `ChoiceLink(href, icon, title, detail)`,
//! `Consent(name, value?, checked?, error?, …)`, `Switch(name, label, checked?, form?)`, `Amount(label?, name?, value)`,
//! `TenorOptions(name?, options: Vec<Tenor>, chosen)`, `Upload(what, sent, total)`, `PhotoWaits()`.
//!
//! **Content**: `Icon(name: Symbol, size?: IconSize)`, `Badge(tone?, icon?, …)`, `Notice(icon, tone?, role?, …)`,
//! `Toast(…)`, `List(…)` of `ListRow(icon, title, detail?, detail_class?, tone?, href?, …?)` or
//! `NewsRow(icon, tone?, title, when, unread?, …)`, `LinkList(…)` of `LinkRow(icon, href, …)`, `Tile(icon, tone?)`,
//! `Shortcuts(…)` of `Shortcut(icon, href, …)`, `NumberedSteps(…)`, `Facts(narrow?, …)` of `Fact(name, …)`,
//! `Timeline(…)` of `TimelineStep(state: Progress, title, detail?)`, `EmptyState(…)`, `Skeleton(kind)`,
//! `Dialog(id, question, open?, …)`, `CardLink(href, …)`, `Balance(owed, principal, interest, paid, count, just_paid?)`,
//! `Bill(title, badge: AnyView, amount, detail: AnyView, …)`, `numeric(amount)`.
//!
//! **Signatures**: `Receipt(rows: Vec<Line>, total: Line)` with `Line::new(name, amount)`,
//! `Gauge(measure: Measure { gauge: affordability::Gauge, new })`, `GaugeCard(measure, detail, …?)`, `Legend(entries: Vec<(class, words)>)`,
//! `Petals(count, paid, label, next?, middle?: Middle, small?, success?, just_paid?)`, `Mark(class?, gap?)`,
//! `ScheduleChart(bars: Vec<Bar>, label)`, `ScheduleTable(rows: Vec<Row>, plan?)`,
//! `ResultTable(caption, rows: Vec<(name, value, strong, Tone)>)`, `QrCode(payload, label?)`, `PhotoExamples()`,
//! `IdentityCard(shot?: Shot)`, `Fruit(class)`.
//!
//! **Staff** (`staff::`): `StaffFrame(current: Place, places: Vec<(Place, count)>, name, role, queue?, …)`, `StaffMain(…)`,
//! `StaffHead(above, title, …?)`, `Queue(filters: Vec<Filter>, entries: Vec<QueueEntry>, search?, foot, empty?)`,
//! `Filters(options)`, `Search(placeholder?, value?)`, `Evidence(photos: Vec<Photo>)`, `Matches(…)` of
//! `Match(name, verdict, good, …)`, `Reasons(reasons: Vec<Reason>)`, `Trail(entries: Vec<TrailEntry>)`,
//! `Decision(action, …, rule, applies?)`, `Metric(title, value, detail, tone?)`, `AgeingChart(bands, label)`,
//! `DailyChart(days: Vec<DailyBars>, label?)`, `QueueAge(ages: Vec<(words, count)>)`, `AuditFilters(…)` of
//! `FilterField(label, name, value?, kind?)`, `Hash(title, hex)`.

pub mod measure;

pub use measure::Measure;

macro_rules! server_only {
    ($($name:ident),+ $(,)?) => { $(#[cfg(feature = "ssr")] pub mod $name;)+ };
}
server_only! {
    action_bar, amount, app_bar, badge, brand, button, card, choice, dialog, drawings, empty_state, facts,
    faults, field, forms, gauge, icon, list, main_content, notice, petals, photo_examples, qr_code, receipt, schedule_chart,
    schedule_table, staff, stepper, tab_bar, tenor_options, textarea, timeline, tone, upload,
}
#[cfg(all(feature = "ssr", debug_assertions))]
pub mod gallery;
#[cfg(test)]
pub(crate) mod testing;

#[cfg(feature = "ssr")]
pub use self::{
    action_bar::{ActionBar, PageFoot},
    amount::Amount,
    app_bar::{AppBar, Greeting, TopBar},
    badge::Badge,
    brand::{Brand, BrandBar, Splash, WelcomeHead},
    button::{Button, FileButton, Kind},
    card::{Balance, Bill, CardLink, numeric},
    choice::{ChoiceGroup, ChoiceLink, Consent, OptionRow, RadioCard, Switch},
    dialog::Dialog,
    drawings::{Fruit, IdentityCard, Shot},
    empty_state::{EmptyState, Skeleton},
    facts::{Fact, Facts},
    faults::{ErrorSummary, Faults, Setback, page_title},
    field::{CodeField, Field, FieldFrame, MoneyField, NikField, PasswordField, PhoneField, SelectField},
    forms::{CsrfField, Hidden},
    gauge::{Gauge, GaugeCard, Legend},
    icon::{Icon, IconSize, Symbol},
    list::{LinkList, LinkRow, List, ListRow, NewsRow, NumberedSteps, Shortcut, Shortcuts, Tile},
    main_content::Main,
    notice::{Notice, Toast},
    petals::{Mark, Middle, Petals},
    photo_examples::PhotoExamples,
    qr_code::QrCode,
    receipt::{Line, Receipt},
    schedule_chart::{Bar, ScheduleChart},
    schedule_table::{ResultTable, Row, ScheduleTable},
    stepper::Stepper,
    tab_bar::{Tab, TabBar},
    tenor_options::{Tenor, TenorOptions},
    textarea::TextareaField,
    timeline::{Progress, Timeline, TimelineStep},
    tone::Tone,
    upload::{PhotoWaits, Upload},
};
