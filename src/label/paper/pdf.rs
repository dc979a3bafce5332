//! Labels as a PDF: one a page at its own size, the symbol as one path, the words searchable.
use super::ink::{FONT, Ink, POINTS, UNITS_PER_MM, content, turn, units};
use super::objects::Objects;
use super::subset::Subset;
use super::{PaperProblem, draw_changing, draw_fixed};
use crate::code::CodeText;
use crate::label::{Design, DesignProblem, Form, Goods, Placed, place};
use pdf_writer::{Content, Name, Rect, Ref, TextStr};
use std::io::{self, Write};

/// Labels that go into one file: its table of contents is kept in memory, 32 bytes a label.
pub const MOST_PAGES: usize = 1_000_000;

/// Pages that hang together in the tree of pages.
const PAGES_TOGETHER: usize = 250;
/// Forms whose fixed parts are remembered; a file has one, or a few.
const FORMS_KEPT: usize = 64;

/// Writes the labels of these codes, one a page, in their order, and forgets each when it is
/// written. Codes of different forms may be mixed; each gets the place that its form needs.
pub fn stream_pdf<'a>(
    write: impl Write,
    design: &Design,
    goods: &Goods,
    codes: impl IntoIterator<Item = &'a CodeText>,
) -> Result<(), PaperProblem> {
    let size = (design.width_mm, design.height_mm);
    let mut pages = Pages::new(write, &design.title, size)?;
    let mut labels = Labels::new(design, goods);
    for (at, code) in codes.into_iter().enumerate() {
        if at >= MOST_PAGES {
            let (found, most) = (at + 1, MOST_PAGES);
            return Err(DesignProblem::TooManyPages { found, most }.into());
        }
        let mut page = pages.page();
        labels.draw(&mut pages, &mut page, code, (0.0, 0.0))?;
        pages.end(page)?;
    }
    pages.finish()?;
    Ok(())
}

/// The same in memory.
pub fn pdf_of(
    design: &Design,
    goods: &Goods,
    codes: &[CodeText],
) -> Result<Vec<u8>, DesignProblem> {
    let mut bytes = Vec::new();
    match stream_pdf(&mut bytes, design, goods, codes) {
        Ok(()) => Ok(bytes),
        Err(PaperProblem::Draw(problem)) => Err(problem),
        Err(other) => Err(DesignProblem::NotWritten { what: "PDF", why: other.to_string() }),
    }
}

/// The pages of a file, all of one size.
pub(super) struct Pages<W> {
    objects: Objects<W>,
    title: String,
    size_mm: (f32, f32),
    resources: Ref,
    root: Ref,
    /// Branches of the tree of pages, with how many pages hang on each.
    branches: Vec<(Ref, usize)>,
    /// The branch that grows.
    branch: Ref,
    kids: Vec<Ref>,
    letters: Subset,
    /// Fixed parts of labels, which each page can show.
    shown: Vec<(String, Ref)>,
}

impl<W: Write> Pages<W> {
    pub(super) fn new(write: W, title: &str, size_mm: (f32, f32)) -> io::Result<Self> {
        let mut objects = Objects::new(write)?;
        let (resources, root, branch) = (objects.number(), objects.number(), objects.number());
        Ok(Self {
            objects,
            title: title.to_owned(),
            size_mm,
            resources,
            root,
            branches: Vec::new(),
            branch,
            kids: Vec::new(),
            letters: Subset::default(),
            shown: Vec::new(),
        })
    }

    /// A page to draw on.
    pub(super) fn page(&self) -> Content {
        let mut content = content();
        turn(&mut content, self.size_mm.1);
        content
    }

    /// A pen for that page.
    pub(super) fn ink<'a>(&'a mut self, content: &'a mut Content) -> Ink<'a> {
        Ink { content, letters: &mut self.letters }
    }

    /// Writes a page that is drawn.
    pub(super) fn end(&mut self, content: Content) -> io::Result<()> {
        let (page, drawn, branch) = (self.objects.number(), self.objects.number(), self.branch);
        self.objects.stream(drawn, &content.finish(), |_| ())?;
        self.objects.small(page, |chunk, number| {
            chunk.page(number).parent(branch).contents(drawn);
        })?;
        self.kids.push(page);
        if self.kids.len() < PAGES_TOGETHER { Ok(()) } else { self.end_branch() }
    }

    fn end_branch(&mut self) -> io::Result<()> {
        let kids = std::mem::take(&mut self.kids);
        let (count, root) = (kids.len(), self.root);
        if count == 0 {
            return Ok(());
        }
        let branch = std::mem::replace(&mut self.branch, self.objects.number());
        self.branches.push((branch, count));
        self.objects.small(branch, |chunk, number| {
            chunk.pages(number).parent(root).count(int(count)).kids(kids);
        })
    }

    /// Keeps something that many pages show; gives the name by which they do.
    fn keep(&mut self, drawn: &[u8], (width, height): (f32, f32)) -> io::Result<String> {
        let number = self.objects.number();
        let name = format!("L{}", self.shown.len());
        self.objects.stream(number, drawn, |stream| {
            stream.pair(Name(b"Type"), Name(b"XObject")).pair(Name(b"Subtype"), Name(b"Form"));
            stream.insert(Name(b"BBox")).array().items([0.0, 0.0, units(width), units(height)]);
            stream.pair(Name(b"Resources"), self.resources);
        })?;
        self.shown.push((name.clone(), number));
        Ok(name)
    }

    /// Writes what the pages share, and the end of the file.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.end_branch()?;
        let Self { mut objects, title, size_mm, resources, root, branches, letters, shown, .. } =
            self;
        let (font, catalog, info) = (objects.number(), objects.number(), objects.number());
        letters.write(&mut objects, font)?;
        objects.small(resources, |chunk, number| {
            let mut resources =
                chunk.indirect(number).start::<pdf_writer::writers::Resources<'_>>();
            resources.fonts().pair(FONT, font);
            let mut parts = resources.x_objects();
            for (name, part) in &shown {
                parts.pair(Name(name.as_bytes()), *part);
            }
        })?;
        let (width, height) =
            (size_mm.0 * UNITS_PER_MM * POINTS, size_mm.1 * UNITS_PER_MM * POINTS);
        objects.small(root, |chunk, number| {
            let mut pages = chunk.pages(number);
            pages.count(int(branches.iter().map(|(_, count)| count).sum()));
            pages.kids(branches.iter().map(|(branch, _)| *branch));
            pages.media_box(Rect::new(0.0, 0.0, width, height));
            pages.pair(Name(b"Resources"), resources);
        })?;
        objects.small(catalog, |chunk, number| {
            chunk.indirect(number).start::<pdf_writer::writers::Catalog<'_>>().pages(root);
        })?;
        objects.small(info, |chunk, number| {
            let mut info = chunk.indirect(number).start::<pdf_writer::writers::DocumentInfo<'_>>();
            info.title(TextStr(&title)).producer(TextStr("Markwright"));
        })?;
        objects.finish(catalog, info)
    }
}

/// The labels of a design, whose fixed part is drawn once in a file.
pub(super) struct Labels<'a> {
    design: &'a Design,
    goods: &'a Goods,
    known: Vec<Known>,
}

struct Known {
    placed: Placed,
    /// Under which name pages show its fixed part.
    name: String,
}

impl<'a> Labels<'a> {
    pub(super) fn new(design: &'a Design, goods: &'a Goods) -> Self {
        Self { design, goods, known: Vec::new() }
    }

    /// Draws the label of a code on a page, its corner at a place in millimetres, which is rounded to
    /// a whole unit: there the edges of modules lie on dots of 300 and 600 dpi, on sheets as well.
    pub(super) fn draw<W: Write>(
        &mut self,
        pages: &mut Pages<W>,
        page: &mut Content,
        code: &CodeText,
        (x, y): (f32, f32),
    ) -> Result<(), PaperProblem> {
        let known = self.known(pages, code)?;
        let away = x != 0.0 || y != 0.0;
        if away {
            let (x, y) = (units(x).round(), units(y).round());
            page.save_state().transform([1.0, 0.0, 0.0, 1.0, x, y]);
        }
        page.x_object(Name(known.name.as_bytes()));
        draw_changing(&mut pages.ink(page), &known.placed, code)?;
        if away {
            page.restore_state();
        }
        Ok(())
    }

    /// Places the label of a form and draws its fixed part when the form is first met.
    fn known<W: Write>(
        &mut self,
        pages: &mut Pages<W>,
        code: &CodeText,
    ) -> Result<&Known, PaperProblem> {
        let form = Form::of(code)?;
        if let Some(at) = self.known.iter().rposition(|known| known.placed.form == form) {
            return Ok(&self.known[at]);
        }
        let placed = place(self.design, self.goods, code, UNITS_PER_MM)?;
        let mut fixed = content();
        draw_fixed(&mut pages.ink(&mut fixed), &placed);
        let size = (self.design.width_mm, self.design.height_mm);
        let name = pages.keep(&fixed.finish(), size)?;
        if self.known.len() == FORMS_KEPT {
            self.known.remove(0);
        }
        self.known.push(Known { placed, name });
        Ok(&self.known[self.known.len() - 1])
    }
}

fn int(count: usize) -> i32 {
    i32::try_from(count).expect("at most MOST_PAGES")
}
