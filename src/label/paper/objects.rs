//! The objects of a PDF file, written one after the other and then forgotten: of a file of any
//! length, only the places of its objects stay in memory.
use flate2::{Compress, Compression, FlushCompress, Status};
use pdf_writer::{Chunk, Filter, Finish, Name, Ref, Settings, Stream};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Objects that are packed together; readers unpack all of them to get at one.
const PACKED_TOGETHER: usize = 200;

/// Where an object is.
#[derive(Clone, Copy)]
enum Place {
    /// Not written yet.
    Nowhere,
    /// At this byte of the file.
    At(u64),
    /// In a pack of objects, and the how manieth.
    In(Ref, u16),
}

/// A PDF file on its way out.
pub(super) struct Objects<W> {
    write: W,
    written: u64,
    /// Of object 1 first.
    places: Vec<Place>,
    /// Small objects that wait to be packed: their numbers and places in `packed`.
    waiting: Vec<(Ref, usize)>,
    packed: Vec<u8>,
    deflate: Compress,
}

impl<W: Write> Objects<W> {
    /// Begins a file of version 1.7 (ISO 32000-1); bytes above 127 say that it is binary.
    pub(super) fn new(write: W) -> io::Result<Self> {
        let mut objects = Self {
            write,
            written: 0,
            places: Vec::new(),
            waiting: Vec::new(),
            packed: Vec::new(),
            deflate: Compress::new(Compression::new(5), true),
        };
        objects.put(b"%PDF-1.7\n%\x80\x80\x80\x80\n")?;
        Ok(objects)
    }

    /// The number of an object that will be written.
    pub(super) fn number(&mut self) -> Ref {
        self.places.push(Place::Nowhere);
        Ref::new(i32::try_from(self.places.len()).expect("fewer objects than labels are allowed"))
    }

    /// Writes an object with data, which is deflated.
    pub(super) fn stream(
        &mut self,
        number: Ref,
        data: &[u8],
        with: impl FnOnce(&mut Stream<'_>),
    ) -> io::Result<()> {
        let deflated = self.deflated(data)?;
        let mut chunk = compact();
        let mut stream = chunk.stream(number, &deflated);
        stream.filter(Filter::FlateDecode);
        with(&mut stream);
        stream.finish();
        self.places[index(number)] = Place::At(self.written);
        self.put(chunk.as_bytes())
    }

    /// Writes an object without data, which is packed together with others.
    pub(super) fn small(
        &mut self,
        number: Ref,
        with: impl FnOnce(&mut Chunk, Ref),
    ) -> io::Result<()> {
        let mut chunk = compact();
        with(&mut chunk, number);
        self.waiting.push((number, self.packed.len()));
        self.packed.extend_from_slice(bare(chunk.as_bytes()));
        self.packed.push(b'\n');
        if self.waiting.len() < PACKED_TOGETHER { Ok(()) } else { self.pack() }
    }

    /// Ends the file: its table of contents, and where that stands.
    pub(super) fn finish(mut self, catalog: Ref, info: Ref) -> io::Result<W> {
        self.pack()?;
        let number = self.number();
        let start = self.written;
        self.places[index(number)] = Place::At(start);
        let (table, width) = self.table();
        let size = i32::try_from(self.places.len() + 1).expect("numbers were given");
        self.stream(number, &table, |stream| {
            stream.pair(Name(b"Type"), Name(b"XRef"));
            stream.pair(Name(b"Size"), size).pair(Name(b"Root"), catalog);
            stream.pair(Name(b"Info"), info);
            stream.insert(Name(b"W")).array().items([1, i32::from(width), 2]);
        })?;
        self.put(format!("startxref\n{start}\n%%EOF\n").as_bytes())?;
        self.write.flush()?;
        Ok(self.write)
    }

    /// Writes the objects that wait, as one (ISO 32000-1, 7.5.7).
    fn pack(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let number = self.number();
        let mut data = String::new();
        for (at, (waits, place)) in self.waiting.iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = write!(data, "{} {place} ", waits.get());
            let at = u16::try_from(at).expect("packs are small");
            self.places[index(*waits)] = Place::In(number, at);
        }
        let (first, count) = (length(data.len()), length(self.waiting.len()));
        let mut data = data.into_bytes();
        data.append(&mut self.packed);
        self.waiting.clear();
        self.stream(number, &data, |stream| {
            stream.pair(Name(b"Type"), Name(b"ObjStm"));
            stream.pair(Name(b"N"), count).pair(Name(b"First"), first);
        })
    }

    /// The cross-reference table (ISO 32000-1, 7.5.8), and the width of its middle column.
    fn table(&self) -> (Vec<u8>, u8) {
        // The last object of the file stands behind all others.
        let bytes = (8 - self.written.leading_zeros() / 8).max(3);
        let width = u8::try_from(bytes).expect("eight at most");
        let mut table = Vec::with_capacity((self.places.len() + 1) * (usize::from(width) + 3));
        let mut row = |kind: u8, place: u64, at: u16| {
            table.push(kind);
            table.extend_from_slice(&place.to_be_bytes()[8 - usize::from(width)..]);
            table.extend_from_slice(&at.to_be_bytes());
        };
        row(0, 0, u16::MAX);
        for place in &self.places {
            match *place {
                Place::Nowhere => row(0, 0, 0),
                Place::At(byte) => row(1, byte, 0),
                Place::In(pack, at) => row(2, u64::from(pack.get().unsigned_abs()), at),
            }
        }
        (table, width)
    }

    fn deflated(&mut self, data: &[u8]) -> io::Result<Vec<u8>> {
        self.deflate.reset();
        // What cannot be compressed grows by a few bytes a block.
        let mut deflated = Vec::with_capacity(data.len() + data.len() / 1_000 + 64);
        match self.deflate.compress_vec(data, &mut deflated, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => Ok(deflated),
            Ok(_) | Err(_) => Err(io::Error::other("the data were not compressed")),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.write.write_all(bytes)
    }
}

fn compact() -> Chunk {
    Chunk::with_settings(Settings { pretty: false })
}

fn index(number: Ref) -> usize {
    number.get().unsigned_abs() as usize - 1
}

fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).expect("packs are small")
}

/// An object without `1 0 obj` and `endobj`.
fn bare(object: &[u8]) -> &[u8] {
    let start = object.windows(3).position(|word| word == b"obj").map_or(0, |at| at + 3);
    let end = object.windows(6).rposition(|word| word == b"endobj").unwrap_or(object.len());
    object[start..end].trim_ascii()
}
