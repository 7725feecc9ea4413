//! The signs of mathematics that labels may use: their glyphs, their kinds, their commands.

use super::markup::Node;

/// Kind of a sign; it decides the space around it, as in TeX.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Ordinary,
    Function,
    Binary,
    Relation,
    Open,
    Close,
    Punctuation,
}

/// A character of mathematics: letters turn italic, hyphens turn into minus signs.
pub fn symbol(character: char) -> Node {
    let character = match character {
        '-' => '−',
        '*' => '∗',
        other => other,
    };
    Node::Symbol { glyph: italic(character), plain: character, class: class(character) }
}

/// 𝔼 for E, 𝟙 is not in the font.
pub fn double_struck(letter: char) -> Node {
    let glyph = match letter {
        'C' => 'ℂ',
        'H' => 'ℍ',
        'N' => 'ℕ',
        'P' => 'ℙ',
        'Q' => 'ℚ',
        'R' => 'ℝ',
        'Z' => 'ℤ',
        'A'..='Z' => offset(0x1D538, letter, 'A'),
        'a'..='z' => offset(0x1D552, letter, 'a'),
        other => other,
    };
    Node::Symbol { glyph, plain: letter, class: Class::Ordinary }
}

fn offset(base: u32, character: char, first: char) -> char {
    char::from_u32(base + character as u32 - first as u32).unwrap_or(character)
}

fn italic(character: char) -> char {
    match character {
        'h' => 'ℎ',
        'A'..='Z' => offset(0x1D434, character, 'A'),
        'a'..='z' => offset(0x1D44E, character, 'a'),
        'α'..='ω' => offset(0x1D6FC, character, 'α'),
        'ϵ' => '\u{1D716}',
        'ϑ' => '\u{1D717}',
        'ϕ' => '\u{1D719}',
        other => other,
    }
}

fn class(character: char) -> Class {
    match character {
        '=' | '<' | '>' | '≤' | '≥' | '≈' | '∼' | '∝' | '∈' | '→' | '←' | '≪' | '≫' | '≠' | '≡' | '≲'
        | '≳' | '⇒' | ':' => Class::Relation,
        '+' | '−' | '±' | '∓' | '×' | '·' | '⋅' | '∗' | '∘' => Class::Binary,
        '(' | '[' | '⟨' | '⌈' | '⌊' => Class::Open,
        ')' | ']' | '⟩' | '⌉' | '⌋' => Class::Close,
        ',' | ';' => Class::Punctuation,
        _ => Class::Ordinary,
    }
}

/// The combining character of an accent command.
pub fn accent(command: &str) -> Option<char> {
    Some(match command {
        "tilde" => '\u{303}',
        "hat" => '\u{302}',
        "bar" => '\u{304}',
        "dot" => '\u{307}',
        "ddot" => '\u{308}',
        _ => return None,
    })
}

/// A command without argument; `None` if there is no such command.
pub fn command(name: &str) -> Option<Node> {
    if let Some(space) = space(name) {
        return Some(Node::Space(space));
    }
    if FUNCTIONS.contains(&name) {
        return Some(Node::Function(name.into()));
    }
    if let "{" | "}" | "$" | "%" | "_" | "#" | "&" = name {
        return Some(Node::Text(name.into()));
    }
    let (_, character) = COMMANDS.iter().find(|(command, _)| *command == name)?;
    Some(symbol(*character))
}

fn space(name: &str) -> Option<f64> {
    Some(match name {
        "," => 3.0 / 18.0,
        ":" => 4.0 / 18.0,
        ";" => 5.0 / 18.0,
        "!" => -3.0 / 18.0,
        " " => 0.25,
        "quad" => 1.0,
        _ => return None,
    })
}

const FUNCTIONS: &[&str] =
    &["exp", "log", "ln", "min", "max", "sup", "inf", "sin", "cos", "tanh", "tr", "det", "dim", "rank"];

const COMMANDS: &[(&str, char)] = &[
    ("alpha", 'α'),
    ("beta", 'β'),
    ("gamma", 'γ'),
    ("delta", 'δ'),
    ("epsilon", 'ϵ'),
    ("varepsilon", 'ε'),
    ("zeta", 'ζ'),
    ("eta", 'η'),
    ("theta", 'θ'),
    ("kappa", 'κ'),
    ("lambda", 'λ'),
    ("mu", 'μ'),
    ("nu", 'ν'),
    ("xi", 'ξ'),
    ("pi", 'π'),
    ("rho", 'ρ'),
    ("sigma", 'σ'),
    ("tau", 'τ'),
    ("phi", 'ϕ'),
    ("varphi", 'φ'),
    ("chi", 'χ'),
    ("psi", 'ψ'),
    ("omega", 'ω'),
    ("Gamma", 'Γ'),
    ("Delta", 'Δ'),
    ("Theta", 'Θ'),
    ("Lambda", 'Λ'),
    ("Xi", 'Ξ'),
    ("Pi", 'Π'),
    ("Sigma", 'Σ'),
    ("Phi", 'Φ'),
    ("Psi", 'Ψ'),
    ("Omega", 'Ω'),
    ("nabla", '∇'),
    ("partial", '∂'),
    ("infty", '∞'),
    ("ell", 'ℓ'),
    ("sum", '∑'),
    ("int", '∫'),
    ("prod", '∏'),
    ("le", '≤'),
    ("leq", '≤'),
    ("ge", '≥'),
    ("geq", '≥'),
    ("ne", '≠'),
    ("ll", '≪'),
    ("gg", '≫'),
    ("approx", '≈'),
    ("sim", '∼'),
    ("equiv", '≡'),
    ("propto", '∝'),
    ("in", '∈'),
    ("to", '→'),
    ("times", '×'),
    ("cdot", '⋅'),
    ("pm", '±'),
    ("mp", '∓'),
    ("|", '‖'),
    ("Vert", '‖'),
    ("lVert", '‖'),
    ("rVert", '‖'),
    ("lvert", '|'),
    ("rvert", '|'),
    ("langle", '⟨'),
    ("rangle", '⟩'),
    ("prime", '′'),
    ("dots", '…'),
];
