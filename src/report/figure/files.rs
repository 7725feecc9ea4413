//! Turns an SVG document into the three files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::FigureError;
use crate::report::whole::new_file;

/// Resolution of the PNG at the printed size: line art is printed from 600 dots an inch.
const PNG_DPI: f64 = 600.0;
/// Pixels an inch in SVG's own reckoning.
const SVG_DPI: f64 = 96.0;

/// Writes `<name>.svg`, `<name>.png` and `<name>.pdf`; returns their paths in this order.
pub fn write(name: &str, svg: &str, folder: &Path) -> Result<Vec<PathBuf>, FigureError> {
    check_name(name)?;
    // the drawing holds outlines only, so no fonts are given and none are looked for
    let tree = Tree::from_str(svg, &Options::default())
        .map_err(|source| FigureError::Svg { figure: name.into(), source })?;
    let pages = [("svg", svg.as_bytes().to_vec()), ("png", png(name, &tree)?), ("pdf", pdf(name, &tree)?)];
    fs::create_dir_all(folder).map_err(|source| FigureError::Write { path: folder.into(), source })?;
    pages.iter().map(|(extension, bytes)| whole(folder, &format!("{name}.{extension}"), bytes)).collect()
}

/// Written aside and renamed, so that a reader never meets half a file.
fn whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, FigureError> {
    let path = folder.join(name);
    let aside = folder.join(format!(".{name}.part"));
    let written = new_file(&aside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    match written.and_then(|()| fs::rename(&aside, &path)) {
        Ok(()) => Ok(path),
        Err(source) => {
            // the error that led here is the one to report
            let _ = fs::remove_file(&aside);
            Err(FigureError::Write { path, source })
        }
    }
}

fn check_name(name: &str) -> Result<(), FigureError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-') && name.chars().all(allowed) {
        return Ok(());
    }
    Err(FigureError::Name { name: name.into() })
}

/// Rows of pixels drawn at a time: a whole page at 600 dots an inch would take more memory than most runs.
const STRIP: u32 = 128;

fn png(name: &str, tree: &Tree) -> Result<Vec<u8>, FigureError> {
    let scale = (PNG_DPI / SVG_DPI) as f32;
    let (width, height) =
        ((tree.size().width() * scale).round() as u32, (tree.size().height() * scale).round() as u32);
    let no_pixels = || FigureError::Pixels { figure: name.into(), width, height };
    let failed = |source| FigureError::Png { figure: name.into(), source };
    let mut strip = Pixmap::new(width, STRIP.min(height).max(1)).ok_or_else(no_pixels)?;
    let mut bytes = Vec::new();
    let mut writer = encoder(&mut bytes, width, height).write_header().map_err(failed)?;
    let mut stream = writer.stream_writer().map_err(failed)?;
    let mut top = 0;
    while top < height {
        // also where the last pixels lie only half on the sheet
        strip.fill(resvg::tiny_skia::Color::WHITE);
        let placed = Transform::from_scale(scale, scale).post_translate(0.0, -(top as f32));
        resvg::render(tree, placed, &mut strip.as_mut());
        let rows = strip.height().min(height - top);
        let pixels = &strip.pixels()[..(rows * width) as usize];
        let rgb: Vec<u8> = pixels.iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
        std::io::Write::write_all(&mut stream, &rgb).map_err(|error| failed(error.into()))?;
        top += rows;
    }
    stream.finish().map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

fn encoder(bytes: &mut Vec<u8>, width: u32, height: u32) -> png::Encoder<'_, &mut Vec<u8>> {
    let mut encoder = png::Encoder::new(bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Default);
    let per_metre = (PNG_DPI / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: png::Unit::Meter,
    }));
    encoder
}

fn pdf(name: &str, tree: &Tree) -> Result<Vec<u8>, FigureError> {
    let options = svg2pdf::ConversionOptions { embed_text: false, ..Default::default() };
    let page = svg2pdf::PageOptions { dpi: SVG_DPI as f32 };
    let bytes = svg2pdf::to_pdf(tree, options, page);
    bytes.map(|bytes| in_order(&bytes)).map_err(|cause| FigureError::Pdf { figure: name.into(), cause })
}

/// Sorts the resources that a PDF object lists: the writer lists them in the order of a hash map, and the
/// same figure must be the same file. Lines only change places within one object, so every recorded offset
/// stays true.
fn in_order(pdf: &[u8]) -> Vec<u8> {
    let is_resource = |line: &[u8]| {
        let line = line.trim_ascii();
        [&b"/xo"[..], b"/gs", b"/cs"].iter().any(|name| line.starts_with(name)) && line.ends_with(b" R")
    };
    let mut lines: Vec<&[u8]> = pdf.split_inclusive(|byte| *byte == b'\n').collect();
    let mut in_stream = false;
    let mut start = 0;
    for index in 0..lines.len() {
        in_stream = match lines[index] {
            b"stream\n" => true,
            b"endstream\n" => false,
            _ => in_stream,
        };
        if in_stream || !is_resource(lines[index]) {
            lines[start..index].sort_unstable();
            start = index + 1;
        }
    }
    lines.concat()
}
