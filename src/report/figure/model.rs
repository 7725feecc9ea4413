/// A plot of curves, bands and points over two axes.
///
/// Every piece of text (`title`, labels, `notes`) is *markup*: plain text with mathematics between dollar
/// signs, see [`super`]. Values that cannot be drawn (NaN, ±∞, or ≤ 0 on a logarithmic axis) leave gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// File stem of the written files: letters, digits, `-`, `_`, `.`.
    pub name: String,
    /// Printed above the plot; papers rather use a caption, hence optional.
    pub title: Option<String>,
    pub x: Axis,
    pub y: Axis,
    /// Drawn by kind, shades lowest and points uppermost, and in the given order within a kind.
    pub layers: Vec<Layer>,
    /// Small print below the plot, one paragraph each; e.g. how many diverged particles are excluded.
    pub notes: Vec<String>,
    pub width: Width,
}

impl Figure {
    /// An empty figure of column width without title or notes.
    pub fn new(name: impl Into<String>, x: Axis, y: Axis) -> Self {
        let (name, layers, notes) = (name.into(), Vec::new(), Vec::new());
        Figure { name, title: None, x, y, layers, notes, width: Width::Column }
    }
}

/// Width of the figure as printed; text has the same size at either width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// 85 mm, one column of a two-column journal.
    Column,
    /// 170 mm, the whole text width.
    Page,
}

impl Width {
    /// Width in millimetres.
    pub fn millimetres(self) -> f64 {
        match self {
            Width::Column => 85.0,
            Width::Page => 170.0,
        }
    }
}

/// One axis: what it shows, how, and how far.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Markup; units in words or upright, e.g. `time $t$`. An upright axis without a label has no ticks: its places stand for nothing.
    pub label: String,
    pub scale: Scale,
    /// Lower end in data units; `None` takes it from the data.
    pub low: Option<f64>,
    /// Upper end in data units; `None` takes it from the data.
    pub high: Option<f64>,
}

impl Axis {
    /// A linear axis whose ends come from the data.
    pub fn linear(label: impl Into<String>) -> Self {
        Axis { label: label.into(), scale: Scale::Linear, low: None, high: None }
    }

    /// A logarithmic axis (base 10) whose ends come from the data.
    pub fn log(label: impl Into<String>) -> Self {
        Axis { label: label.into(), scale: Scale::Log, low: None, high: None }
    }
}

/// How values are laid out along an axis or a colour bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Linear,
    /// Base 10; values ≤ 0 cannot be drawn and leave gaps.
    Log,
}

/// Colour, dash pattern and marker of a layer.
///
/// Each series differs from the others in hue *and* in dash pattern *and* in marker, so that curves can be
/// told apart by the colour-blind and in grey print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The i-th measured thing, counted from 0. The first seven differ in hue; further ones repeat hues with
    /// another dash pattern and marker.
    Series(usize),
    /// The i-th thing to compare with (theory, bounds, guide slopes), counted from 0: dark grey, dash pattern
    /// i.
    Reference(usize),
}

/// One thing drawn into the plot.
///
/// Layers with the same label and the same style share one legend entry, so a curve and its band read as one:
/// `sgd, mean ± 95 % interval of the mean`. An empty label makes no legend entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// A curve through (x, y). A point without drawable neighbours is drawn as a dot.
    Line { label: String, style: Style, x: Vec<f64>, y: Vec<f64> },
    /// The area between `low` and `high`. On a logarithmic axis a `low` ≤ 0 reaches down to the axis. The
    /// label must say what the band is (interval of the mean, quantiles, …).
    Band { label: String, style: Style, x: Vec<f64>, low: Vec<f64>, high: Vec<f64> },
    /// Markers at (x, y), with error bars from `low` to `high`; leave both empty for none. On a logarithmic
    /// axis a `low` ≤ 0 gives a bar without cap that runs to the axis.
    Points { label: String, style: Style, x: Vec<f64>, y: Vec<f64>, low: Vec<f64>, high: Vec<f64> },
    /// A horizontal line at `y` over the whole width.
    Level { label: String, style: Style, y: f64 },
    /// An upright line at `x` over the whole height.
    Mark { label: String, style: Style, x: f64 },
    /// A thin straight line (as drawn) from (x₀, y₀) to (x₁, y₁), e.g. a slope on log–log axes. Guides do not
    /// stretch axes whose ends come from the data.
    Guide { label: String, style: Style, x: [f64; 2], y: [f64; 2] },
    /// A tinted strip across the plot. Infinite ends reach to the axes' ends.
    Shade { label: String, style: Style, span: Span },
}

/// Which strip a [`Layer::Shade`] tints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Span {
    /// All points with `low` ≤ x ≤ `high`.
    X { low: f64, high: f64 },
    /// All points with `low` ≤ y ≤ `high`.
    Y { low: f64, high: f64 },
}

/// A table of numbers as colours.
///
/// The numbers are printed in the cells with their standard errors; without them if these do not fit; not at
/// all if the cells are too small even for that.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// File stem of the written files, as in [`Figure`].
    pub name: String,
    /// Markup printed above the cells.
    pub title: Option<String>,
    pub x: Categories,
    pub y: Categories,
    /// `cells[row][column]`: row i belongs to `y.values[i]` (row 0 lowest), column j to `x.values[j]`. `None`
    /// or a value that is not finite is a missing cell and drawn as such.
    pub cells: Vec<Vec<Option<Cell>>>,
    pub colour: ColourBar,
    /// Markup that says what a missing cell means, e.g. `not resolved`; printed below the cells if there is
    /// one.
    pub missing: String,
    /// Small print below, as in [`Figure`].
    pub notes: Vec<String>,
    pub width: Width,
}

/// One cell of a [`HeatMap`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub value: f64,
    /// Standard error, printed as `0.63(5)`: the last digit of 0.63 is uncertain by 5.
    pub std_err: Option<f64>,
}

/// The values along one side of a [`HeatMap`].
#[derive(Clone, Debug, PartialEq)]
pub struct Categories {
    /// Markup naming the quantity.
    pub label: String,
    /// Markup of each row or column; [`super::number`] writes numbers.
    pub values: Vec<String>,
}

/// How a [`HeatMap`] turns values into colours.
#[derive(Clone, Debug, PartialEq)]
pub struct ColourBar {
    /// Markup naming the value of the cells.
    pub label: String,
    pub scale: Scale,
    /// `None`: pale to dark with growing value. `Some(c)`: white at c, blue below, red above, symmetric about
    /// c (in the logarithm if the scale is logarithmic).
    pub centre: Option<f64>,
}
