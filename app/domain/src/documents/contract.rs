//! The papers of a contract: what there is, and what one says, as values. The words and figures come from the module
//! that knows the loan; the documents service sets them in type, seals and keeps them.

use crate::id::{DocumentId, LoanId, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A paper of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractKind {
    /// Ringkasan biaya pribadi: every cost before the agreement.
    CostSummary,
    /// The agreement as it was consented to.
    Agreement,
    /// The instalments in force.
    Schedule,
    /// Nothing is owed any more.
    Settlement,
}

impl ContractKind {
    /// All of them, in the order of a loan's life.
    pub const ALL: [Self; 4] = [Self::CostSummary, Self::Agreement, Self::Schedule, Self::Settlement];

    /// The stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CostSummary => "cost_summary",
            Self::Agreement => "agreement",
            Self::Schedule => "schedule",
            Self::Settlement => "settlement",
        }
    }

    /// Reads [`ContractKind::as_str`] back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The name of its file, without the ending.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::CostSummary => "ringkasan",
            Self::Agreement => "perjanjian",
            Self::Schedule => "jadwal",
            Self::Settlement => "surat-lunas",
        }
    }
}

/// A name, its value, and what is said below it in small letters; an empty note says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetFact {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
    /// Second line.
    pub note: String,
}

impl SheetFact {
    /// A fact without a second line.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            note: String::new(),
        }
    }

    /// The same with a second line.
    #[must_use]
    pub fn noted(self, note: impl Into<String>) -> Self {
        Self {
            note: note.into(),
            ..self
        }
    }
}

/// One section of a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum SheetPart {
    /// Names and values.
    Facts {
        /// Heading.
        title: String,
        /// The pairs.
        rows: Vec<SheetFact>,
    },
    /// Amounts that lead to a total.
    Nota {
        /// Heading.
        title: String,
        /// Name and amount.
        rows: Vec<(String, String)>,
        /// Name and amount of the total.
        total: (String, String),
    },
    /// Figures in columns; every row is as long as the head.
    Table {
        /// Heading.
        title: String,
        /// Names of the columns.
        head: Vec<String>,
        /// The rows.
        rows: Vec<Vec<String>>,
        /// The sums.
        total: Vec<String>,
    },
    /// Sentences, each group under a heading of its own; an empty one has none.
    Words {
        /// Heading.
        title: String,
        /// Heading and sentences.
        rows: Vec<(String, String)>,
    },
}

/// What a paper says, as values. The same sheet always gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What it is.
    pub title: String,
    /// The number people read out, and the version.
    pub subtitle: String,
    /// Its sections.
    pub parts: Vec<SheetPart>,
    /// The last line, in small letters.
    pub foot: String,
}

/// A paper to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContractPaper {
    /// Whose.
    pub user_id: UserId,
    /// Of which loan.
    pub loan_id: LoanId,
    /// What.
    pub kind: ContractKind,
    /// Tells apart papers of one kind and loan; a paper of an edition is made once and never changes.
    pub edition: String,
    /// What it says.
    pub sheet: Sheet,
}

/// A paper of a contract on record; never its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractPaper {
    /// Its id.
    pub id: DocumentId,
    /// What.
    pub kind: ContractKind,
    /// SHA-256 of the PDF, lower-case hex.
    pub sha256: String,
    /// When it was made (UTC).
    pub made_at: OffsetDateTime,
}

/// The content of a paper, for its owner.
#[derive(Clone)]
pub struct ContractFile {
    /// Which one.
    pub paper: ContractPaper,
    /// The PDF.
    pub pdf: Vec<u8>,
}
