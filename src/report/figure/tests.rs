use std::fs;
use std::path::PathBuf;

use resvg::usvg;

use super::*;

/// A folder of the system's temporary one, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sgd-sde-figure-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn line(label: &str, index: usize, x: &[f64], y: &[f64]) -> Layer {
    Layer::Line { label: label.into(), style: Style::Series(index), x: x.to_vec(), y: y.to_vec() }
}

fn decay() -> Figure {
    let x: Vec<f64> = (0..50).map(|i| 0.4 * f64::from(i)).collect();
    let y: Vec<f64> = x.iter().map(|x| (-0.4 * x).exp()).collect();
    let mut figure =
        Figure::new("decay", Axis::linear("time $t$"), Axis::log(r"$\mathrm{E}\,\tilde{L}(W_t)$"));
    let label = r"sgd, mean ± 95 % interval & $‖W‖_F^2 < 1$".to_string();
    let (low, high) = (y.iter().map(|y| y - 0.01).collect(), y.iter().map(|y| y + 0.01).collect());
    figure.layers.push(Layer::Band {
        label: label.clone(),
        style: Style::Series(0),
        x: x.clone(),
        low,
        high,
    });
    figure.layers.push(line(&label, 0, &x, &y));
    figure.notes.push("3 particles are excluded".into());
    figure
}

fn map(cells: Vec<Vec<Option<Cell>>>) -> HeatMap {
    HeatMap {
        name: "map".into(),
        title: None,
        x: Categories { label: "$s$".into(), values: cells[0].iter().map(|_| number(0.1)).collect() },
        y: Categories { label: "$m$".into(), values: cells.iter().map(|_| number(8.0)).collect() },
        cells,
        colour: ColourBar { label: r"$\lambda$".into(), scale: Scale::Linear, centre: None },
        missing: "not resolved".into(),
        notes: Vec::new(),
        width: Width::Column,
    }
}

fn cell(value: f64) -> Option<Cell> {
    Some(Cell { value, std_err: Some(0.05) })
}

/// Points of the polylines inside the clipped part of a drawing.
fn clipped_polylines(svg: &str) -> Vec<usize> {
    let clipped = svg.split("<g").filter(|group| group.contains("<polyline"));
    let inside = svg.matches("clip-path=\"url(#plot)\"").count();
    assert!(inside > 0);
    clipped
        .flat_map(|group| group.split("<polyline").skip(1))
        .filter_map(|line| line.split("points=\"").nth(1)?.split('"').next())
        .map(|points| points.split_whitespace().count())
        .collect()
}

/// A sheet of pixels for every band and every clipped group took half of the time of a PNG.
#[test]
fn bands_and_neighbours_take_no_layers_of_their_own() {
    let mut figure = Figure::new("layers", Axis::linear("$x$"), Axis::linear("$y$"));
    for index in 0..3 {
        let (x, y) = (vec![0.0, 1.0], vec![0.0, 1.0]);
        let band =
            Layer::Band { label: "".into(), style: Style::Series(index), x, low: vec![-1.0; 2], high: y };
        figure.layers.push(band);
        figure.layers.push(line("", index, &[0.0, 1.0], &[0.0, 0.5]));
    }
    let svg = chart::svg(&figure).unwrap();
    assert_eq!(svg.matches("clip-path=").count(), 1);
    assert_eq!(svg.matches(" opacity=").count(), 0);
    assert!(svg.matches("fill-opacity=\"0.22\"").count() >= 3);
}

#[test]
fn three_whole_files_that_parse() {
    let folder = Folder::new("files");
    let paths = write(&decay(), &folder.0).unwrap();
    let names: Vec<_> = paths.iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["decay.svg", "decay.png", "decay.pdf"]);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 3, "nothing else stays behind");

    let tree =
        usvg::Tree::from_str(&fs::read_to_string(&paths[0]).unwrap(), &usvg::Options::default()).unwrap();
    assert!((tree.size().width() / 96.0 * 25.4 - 85.0).abs() < 0.01);

    let png = fs::read(&paths[1]).unwrap();
    let mut reader = png::Decoder::new(&png[..]).read_info().unwrap();
    assert_eq!(reader.info().width, 2008);
    let mut pixels = vec![0; reader.output_buffer_size()];
    reader.next_frame(&mut pixels).unwrap();
    assert!(pixels.iter().any(|v| *v < 50) && pixels[..3] == [255; 3]);

    let pdf = fs::read(&paths[2]).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
}

#[test]
fn same_input_same_bytes() {
    let (one, two) = (Folder::new("same-1"), Folder::new("same-2"));
    for (a, b) in write(&decay(), &one.0).unwrap().iter().zip(write(&decay(), &two.0).unwrap()) {
        assert!(fs::read(a).unwrap() == fs::read(&b).unwrap(), "{}", b.display());
    }
}

#[test]
fn text_is_outlined_and_told_in_the_description() {
    let svg = chart::svg(&decay()).unwrap();
    assert!(!svg.contains("<text") && !svg.contains("font"));
    assert!(svg.contains("<title>decay</title>"));
    assert!(svg.contains("sgd, mean ± 95 % interval &amp; ‖W‖_F^2 &lt; 1"));
    assert!(svg.contains("EL\u{303}(W_t)") || svg.contains("E L\u{303}(W_t)"));
}

#[test]
fn values_that_a_logarithm_cannot_take_leave_gaps() {
    let x: Vec<f64> = (0..9).map(f64::from).collect();
    let y = [1.0, 0.5, 0.2, -0.1, 0.1, f64::NAN, 0.1, 0.2, f64::INFINITY];
    let mut figure = Figure::new("gaps", Axis::linear("$x$"), Axis::log("$y$"));
    figure.layers.push(line("", 0, &x, &y));
    let svg = chart::svg(&figure).unwrap();
    let drawn = clipped_polylines(&svg);
    // two runs of three and two points; the lone point is a marker; all else are axes and ticks
    assert_eq!(drawn[..2], [3, 2]);
    assert!(drawn[2..].iter().all(|points| *points <= 3), "{drawn:?}");
    assert_eq!(svg.matches("<circle").count(), 1);
}

#[test]
fn a_band_below_zero_reaches_the_axis_and_not_further() {
    let mut figure = Figure::new("band", Axis::linear("$x$"), Axis::log("$y$"));
    figure.y.low = Some(1e-3);
    let (x, low, high) = (vec![0.0, 1.0], vec![-1.0, 0.0], vec![1.0, 1.0]);
    figure.layers.push(Layer::Band { label: String::new(), style: Style::Series(0), x, low, high });
    let svg = chart::svg(&figure).unwrap();
    let polygon = svg.split("<polygon").nth(1).unwrap().split("points=\"").nth(1).unwrap();
    let heights: Vec<i32> = polygon
        .split('"')
        .next()
        .unwrap()
        .split_whitespace()
        .map(|p| p.split(',').nth(1).unwrap().parse().unwrap())
        .collect();
    let axis = heights[2];
    assert!(heights[0] == heights[1] && heights[2] == heights[3] && heights[0] < axis, "{heights:?}");
    // the axis itself is the first polyline after the plot
    let bottom = svg.rsplit("<polyline").map(|p| p.split("points=\"").nth(1).unwrap());
    assert!(bottom.into_iter().any(|points| points.contains(&format!(",{axis} "))));
}

#[test]
fn one_point_is_a_marker() {
    let mut figure = Figure::new("point", Axis::linear("$x$"), Axis::linear("$y$"));
    figure.layers.push(line("", 0, &[3.0], &[2.0]));
    assert_eq!(chart::svg(&figure).unwrap().matches("<circle").count(), 1);
}

#[test]
fn nothing_to_draw_is_an_error() {
    let folder = Folder::new("empty");
    let mut figure = Figure::new("none", Axis::linear("$x$"), Axis::log("$y$"));
    assert!(matches!(write(&figure, &folder.0), Err(FigureError::Empty { .. })));
    figure.layers.push(line("diverged", 0, &[1.0, 2.0], &[f64::NAN, -1.0]));
    figure.layers.push(Layer::Level { label: "level".into(), style: Style::Reference(0), y: 1.0 });
    assert!(matches!(write(&figure, &folder.0), Err(FigureError::Empty { .. })));
    assert!(matches!(
        write_heat_map(&map(vec![vec![None, None]]), &folder.0),
        Err(FigureError::Empty { .. })
    ));
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
}

#[test]
fn what_lies_off_the_axes_is_named() {
    let mut figure = decay();
    figure.layers.push(Layer::Level { label: "the level".into(), style: Style::Reference(0), y: -1.0 });
    assert!(chart::svg(&figure).unwrap().contains("Without a value on these axes: the level."));
    assert!(!chart::svg(&decay()).unwrap().contains("Without a value"));
}

#[test]
fn wrong_shapes_and_names_are_refused() {
    let folder = Folder::new("wrong");
    let mut figure = decay();
    figure.name = "../elsewhere".into();
    assert!(matches!(write(&figure, &folder.0), Err(FigureError::Name { .. })));
    let mut figure = decay();
    figure.layers.push(line("short", 1, &[1.0, 2.0], &[1.0]));
    assert!(matches!(write(&figure, &folder.0), Err(FigureError::Lengths { found: 1, expected: 2, .. })));
    let mut ragged = map(vec![vec![cell(1.0), cell(2.0)]]);
    ragged.cells[0].pop();
    assert!(matches!(write_heat_map(&ragged, &folder.0), Err(FigureError::Cells { .. })));
}

#[test]
fn curves_far_outside_fixed_axes_stay_drawable() {
    let mut figure = Figure::new("far", Axis::linear("$x$"), Axis::linear("$y$"));
    (figure.y.low, figure.y.high) = (Some(0.0), Some(1.0));
    figure.layers.push(line("far", 0, &[0.0, 1.0, 2.0], &[0.5, 1e300, 0.5]));
    let folder = Folder::new("far");
    assert_eq!(write(&figure, &folder.0).unwrap().len(), 3);
}

#[test]
fn missing_cells_are_crossed_and_explained() {
    let folder = Folder::new("map");
    let full = map(vec![vec![cell(1.0), cell(2.0)], vec![cell(3.0), cell(4.0)]]);
    let holed = map(vec![vec![cell(1.0), None], vec![cell(f64::NAN), cell(4.0)]]);
    assert_eq!(write_heat_map(&holed, &folder.0).unwrap().len(), 3);
    let (full, holed) = (heat::svg(&full).unwrap(), heat::svg(&holed).unwrap());
    assert!(holed.contains("not resolved") && !full.contains("not resolved"));
    assert!(full.contains("2.00(5)") && !holed.contains("2.00(5)") && holed.contains("4.00(5)"));
}

#[test]
fn a_cell_that_a_logarithmic_scale_cannot_colour_keeps_its_number() {
    let mut negative = map(vec![vec![cell(-0.5), cell(2.0), cell(1.0)]]);
    negative.colour.scale = Scale::Log;
    assert!(heat::svg(&negative).unwrap().contains("−0.50(5)"));
}

#[test]
fn every_line_of_a_colour_bars_label_is_on_the_page() {
    for rows in 1..4 {
        let mut wordy = map(vec![vec![cell(1.0), cell(2.0)]; rows]);
        wordy.colour.label = "test accuracy at the end, median over twenty draws of the outer layer".into();
        let page = heat::Page::new(&wordy).unwrap();
        assert!(page.bar_label.len() > 1 && page.cell.0 > 20.0, "{} lines", page.bar_label.len());
        let bar = page.frame.right
            + heat::BAR_GAP
            + heat::BAR_WIDTH
            + axes::MAJOR
            + axes::TICK_GAP
            + page.bar.widest();
        let end = bar + axes::LABEL_GAP + page.bar_label.len() as f64 * heat::LEADING;
        assert!(end <= page.width, "{end} of {}", page.width);
    }
}
