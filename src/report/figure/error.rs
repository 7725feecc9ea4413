use std::path::PathBuf;

/// Why a figure could not be drawn or written: one variant a condition, the remedy in the sentence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    #[error(
        "figure `{figure}` has no point that can be drawn: every value is missing, not finite, or not positive \
         on a logarithmic axis"
    )]
    Empty { figure: String },

    #[error(
        "`{name}` is no file stem: use letters, digits, `-`, `_`, `.` and `+`, and start with none of the last three"
    )]
    Name { name: String },

    #[error(
        "heat map `{figure}`: {what} has {found} entries where {expected} are needed; \
         give one per value of the axis"
    )]
    Cells { figure: String, what: String, found: usize, expected: usize },

    #[error("layer `{label}`: {what} has {found} values where {expected} are needed; give one per point")]
    Lengths { label: String, what: &'static str, found: usize, expected: usize },

    #[error(
        "axis `{label}` runs over {ends}: fixed ends must be finite and increasing, \
         and positive on a logarithmic axis"
    )]
    FixedRange { label: String, ends: String },

    #[error("label `{label}`: a `{open}` is never closed")]
    Unclosed { label: String, open: char },

    #[error("label `{label}`: `{found}` ends what was never opened; write `\\{found}` for the sign itself")]
    Stray { label: String, found: char },

    #[error("label `{label}`: two `{script}` on one base; group them in braces")]
    DoubleScript { label: String, script: char },

    #[error(
        "label `{label}`: `\\{command}` is no known command; write the character itself or use \\mathrm{{…}}"
    )]
    UnknownCommand { label: String, command: String },

    #[error("label `{label}`: `\\{command}` needs an argument, as in `\\{command}{{…}}`")]
    MissingArgument { label: String, command: String },

    #[error("label `{label}`: the embedded font has no glyph for `{character}` (U+{:04X})", *character as u32)]
    MissingGlyph { label: String, character: char },

    #[error("figure `{figure}` could not be put on the drawing area")]
    Drawing { figure: String, source: Box<dyn std::error::Error + Send + Sync> },

    #[error("figure `{figure}`: the drawing is not valid SVG")]
    Svg { figure: String, source: resvg::usvg::Error },

    #[error("figure `{figure}`: {width} × {height} pixels cannot be allocated")]
    Pixels { figure: String, width: u32, height: u32 },

    #[error("figure `{figure}`: the PNG encoder failed")]
    Png { figure: String, source: png::EncodingError },

    #[error("figure `{figure}`: the PDF writer failed: {cause}")]
    Pdf { figure: String, cause: svg2pdf::ConversionError },

    #[error("{} could not be written", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}
