//! The colours a status may have; always beside words, never colour alone.

/// Which of the status colours of the design kit a part takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// No status: grey.
    #[default]
    Plain,
    /// The brand's plum.
    Primary,
    /// Done, safe: leaf green.
    Success,
    /// Soon, look here: turmeric.
    Warning,
    /// Late, refused: chilli.
    Danger,
}

impl Tone {
    /// The modifier's last word, `None` for plain.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Primary => Some("primary"),
            Self::Success => Some("success"),
            Self::Warning => Some("warning"),
            Self::Danger => Some("danger"),
        }
    }

    /// `"badge"` becomes `"badge badge--success"`.
    pub fn class(self, block: &str) -> String {
        match self.word() {
            None => block.to_owned(),
            Some(word) => format!("{block} {block}--{word}"),
        }
    }

    /// The class that colours text, for example `"text-danger"`; empty for plain and primary.
    pub const fn text_class(self) -> &'static str {
        match self {
            Self::Plain | Self::Primary => "",
            Self::Success => "text-success",
            Self::Warning => "text-warning",
            Self::Danger => "text-danger",
        }
    }
}
