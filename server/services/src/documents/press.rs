//! Setting a sheet in type: typst as a library, with one template and two fonts that are part of the program. Enters:
//! a [`Sheet`] of values. Leaves: the bytes of a PDF, the same for the same sheet.
//!
//! The template reads the sheet as data, so no text of a person is ever read as markup. There is no file, no package,
//! no network and no clock to reach from it.

use crate::failure::{Failure, Fallible};
use domain::documents::Sheet;
use std::sync::LazyLock;
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

/// Plus Jakarta Sans, Latin letters, from the same family as the pages (public/fonts/OFL.txt).
const FONTS: [&[u8]; 2] = [
    include_bytes!("press/sans-400.ttf"),
    include_bytes!("press/sans-700.ttf"),
];

/// What every sheet shares; made once.
struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
    data: FileId,
}

static PRESS: LazyLock<Press> = LazyLock::new(|| {
    let fonts: Vec<Font> = FONTS
        .iter()
        .filter_map(|bytes| Font::new(Bytes::new(*bytes), 0))
        .collect();
    let id = |name: &str| {
        let path = VirtualPath::new(name).expect("a plain name is a path");
        RootedPath::new(VirtualRoot::Project, path).intern()
    };
    Press {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        template: Source::new(id("sheet.typ"), include_str!("press/sheet.typ").to_owned()),
        data: id("sheet.json"),
    }
});

/// One sheet on the press.
struct Job {
    data: Bytes,
}

impl World for Job {
    fn library(&self) -> &LazyHash<Library> {
        &PRESS.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &PRESS.book
    }

    fn main(&self) -> FileId {
        PRESS.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == PRESS.template.id() {
            Ok(PRESS.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == PRESS.data {
            Ok(self.data.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        PRESS.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// The pages of a sheet.
fn compose(sheet: &Sheet) -> Fallible<PagedDocument> {
    let job = Job {
        data: Bytes::new(serde_json::to_vec(sheet).map_err(Failure::broken)?),
    };
    let composed = typst::compile::<PagedDocument>(&job);
    // What was composed is not remembered: it is somebody's.
    typst::comemo::evict(0);
    composed.output.map_err(|faults| {
        let first = faults.first().map(|fault| fault.message.to_string());
        Failure::broken(format!("a sheet cannot be composed: {}", first.unwrap_or_default()))
    })
}

/// The PDF of a sheet; tenths of a second of one core.
pub(super) fn print(sheet: &Sheet) -> Fallible<Vec<u8>> {
    let options = PdfOptions {
        creator: Smart::Custom(Some("Sanggup".into())),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&compose(sheet)?, &options).map_err(|_| Failure::broken("a composed sheet cannot be printed"))
}

#[cfg(test)]
#[path = "press_tests.rs"]
mod tests;
