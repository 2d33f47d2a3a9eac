//! The only place where a `<textarea>` gets its text.
//!
//! Leptos 0.8 writes the children of `<textarea>` unescaped, so any other place would let a person's words
//! become markup; a test of this crate forbids the raw element elsewhere.

use leptos::prelude::*;

use super::field::{FieldFrame, described_by};

/// Several lines of text, escaped; the id is the name unless the page has several of one name.
#[component]
pub fn TextareaField(
    /// Label.
    #[prop(into)]
    label: String,
    /// Name.
    #[prop(into)]
    name: String,
    /// Id; the name by default.
    #[prop(optional, into)]
    id: Option<String>,
    /// Text in it.
    #[prop(optional, into)]
    value: String,
    /// Hint.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// Error.
    #[prop(optional_no_strip, into)]
    error: Option<String>,
    /// Lines.
    #[prop(default = 3)]
    rows: u16,
    /// Longest text, in characters.
    #[prop(default = 1000)]
    maxlength: u16,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let described = described_by(&id, hint.is_some(), error.is_some(), false);
    let invalid = error.is_some().then_some("true");
    // A parser drops one line feed after the tag, so one is given away to keep the person's own.
    let text = format!("\n{}", html_escape::encode_text(&value));
    view! {
        <FieldFrame label=label id=id.clone() hint=hint error=error>
            <textarea
                class="field__input"
                id=id
                name=name
                rows=rows
                maxlength=maxlength
                aria-describedby=described
                aria-invalid=invalid
            >
                {text}
            </textarea>
        </FieldFrame>
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::components::testing::html;

    #[test]
    fn words_cannot_leave_the_textarea() {
        let drawn = html(|| {
            view! { <TextareaField label="Alasan" name="reason" value="</textarea><script>alert(1)</script> & <b>"/> }
        });
        assert_eq!(drawn.matches("</textarea>").count(), 1, "{drawn}");
        assert!(!drawn.contains("<script>"), "{drawn}");
        assert!(
            drawn.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;"),
            "escaped exactly once: {drawn}"
        );
    }

    #[test]
    fn a_leading_line_feed_survives() {
        let drawn = html(|| view! { <TextareaField label="Alasan" name="reason" value="\nbaris kedua"/> });
        assert!(drawn.contains(">\n\nbaris kedua</textarea>"), "{drawn:?}");
    }

    #[test]
    fn no_other_file_writes_a_raw_textarea() {
        fn search(folder: &Path, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("a source folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    search(&path, found);
                } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("components/textarea.rs") {
                    let source = fs::read_to_string(&path).expect("a source file");
                    if source.contains(concat!("<text", "area")) {
                        found.push(path.display().to_string());
                    }
                }
            }
        }
        let mut found = Vec::new();
        search(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
        assert!(found.is_empty(), "use TextareaField: {found:?}");
    }
}
