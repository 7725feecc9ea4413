//! Reads the little language of labels into a tree; [`super::typeset`] gives the tree a shape.

use super::FigureError;
use super::symbols::{self, Class};

/// A piece of a label.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Upright words, spaces included.
    Text(String),
    /// An upright function name, set apart from its argument: log, exp.
    Function(String),
    /// One sign of mathematics: the glyph to draw and the character a reader would type for it.
    Symbol { glyph: char, plain: char, class: Class },
    /// Empty space, in em.
    Space(f64),
    /// What stood between dollar signs or braces; lines do not break inside.
    Group(Vec<Node>),
    /// A combining accent over its base.
    Accent { accent: char, base: Vec<Node> },
    /// A square root.
    Root(Vec<Node>),
    /// Sub- and superscript, stacked on one base.
    Scripts { base: Box<Node>, sub: Vec<Node>, sup: Vec<Node> },
}

/// Parses a whole label: plain text with `$…$` for mathematics; `\$` and `\\` stand for the signs themselves.
pub fn parse(label: &str) -> Result<Vec<Node>, FigureError> {
    let mut parser = Parser { label, rest: label.chars().collect::<Vec<_>>().into_iter().peekable() };
    let mut nodes = Vec::new();
    let mut words = String::new();
    while let Some(character) = parser.rest.next() {
        match character {
            '$' => {
                flush(&mut words, &mut nodes);
                nodes.push(Node::Group(parser.list(Some('$'))?));
            }
            '\\' if parser.rest.next_if(|&c| c == '$').is_some() => words.push('$'),
            '\\' if parser.rest.next_if(|&c| c == '\\').is_some() => words.push('\\'),
            other => words.push(other),
        }
    }
    flush(&mut words, &mut nodes);
    Ok(nodes)
}

fn flush(words: &mut String, nodes: &mut Vec<Node>) {
    if !words.is_empty() {
        nodes.push(Node::Text(std::mem::take(words)));
    }
}

/// The classes of the nodes of one formula. A sign of operation with nothing before or after it is a sign of
/// the number beside it, and then ordinary.
pub fn classes(nodes: &[Node]) -> Vec<Option<Class>> {
    let mut before: Option<Class> = None;
    let mut classes = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        let mut class = node.class();
        let has_left = matches!(before, Some(Class::Ordinary | Class::Close));
        if class == Some(Class::Binary) && (!has_left || index + 1 == nodes.len()) {
            class = Some(Class::Ordinary);
        }
        classes.push(class);
        before = class.or(before);
    }
    classes
}

impl Node {
    fn class(&self) -> Option<Class> {
        match self {
            Node::Symbol { class, .. } => Some(*class),
            Node::Function(_) => Some(Class::Function),
            Node::Scripts { base, .. } => base.class(),
            Node::Text(_) | Node::Group(_) | Node::Accent { .. } | Node::Root(_) => Some(Class::Ordinary),
            Node::Space(_) => None,
        }
    }
}

/// The label as one line of characters, for readers that cannot see it.
pub fn plain(nodes: &[Node]) -> String {
    let mut text = String::new();
    for (node, class) in nodes.iter().zip(classes(nodes)) {
        let spaced = matches!(class, Some(Class::Relation | Class::Binary));
        let word = plain_node(node);
        text.push_str(&if spaced { format!(" {word} ") } else { word });
    }
    text
}

fn plain_node(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Function(name) => format!("{name} "),
        Node::Symbol { plain, .. } => plain.to_string(),
        Node::Space(_) => " ".into(),
        Node::Group(inner) => plain(inner),
        Node::Accent { accent, base } => format!("{}{accent}", plain(base)),
        Node::Root(inner) => format!("√({})", plain(inner)),
        Node::Scripts { base, sub, sup } => {
            let script = |sign, nodes: &[Node]| match plain(nodes).replace(' ', "") {
                text if text.is_empty() => text,
                text => format!("{sign}{text}"),
            };
            format!("{}{}{}", plain_node(base), script('_', sub), script('^', sup))
        }
    }
}

struct Parser<'a> {
    label: &'a str,
    rest: std::iter::Peekable<std::vec::IntoIter<char>>,
}

impl Parser<'_> {
    /// Mathematics up to `end`, which is consumed; `None` means the end of an argument of one sign.
    fn list(&mut self, end: Option<char>) -> Result<Vec<Node>, FigureError> {
        let mut nodes = Vec::new();
        loop {
            match self.rest.next() {
                None => {
                    let open = if end == Some('$') { '$' } else { '{' };
                    return Err(FigureError::Unclosed { label: self.label.into(), open });
                }
                Some(found) if Some(found) == end => return Ok(nodes),
                Some(found @ ('}' | '$')) => {
                    return Err(FigureError::Stray { label: self.label.into(), found });
                }
                Some(script @ ('_' | '^')) => self.script(script, &mut nodes)?,
                Some('\'') => self.prime(&mut nodes)?,
                Some(' ') => {}
                Some(first) => nodes.push(self.atom(first)?),
            }
        }
    }

    /// One sign, command or braced group, `first` being its first character.
    fn atom(&mut self, first: char) -> Result<Node, FigureError> {
        match first {
            '{' => Ok(Node::Group(self.list(Some('}'))?)),
            '\\' => self.command(),
            other => Ok(symbols::symbol(other)),
        }
    }

    fn command(&mut self) -> Result<Node, FigureError> {
        let mut name = String::new();
        while let Some(letter) = self.rest.next_if(char::is_ascii_alphabetic) {
            name.push(letter);
        }
        if name.is_empty() {
            name.extend(self.rest.next());
        }
        if let Some(accent) = symbols::accent(&name) {
            return Ok(Node::Accent { accent, base: self.argument(&name)? });
        }
        match name.as_str() {
            "mathrm" | "text" => self.upright(&name).map(Node::Text),
            "mathbb" => {
                let letters = self.upright(&name)?;
                Ok(Node::Group(letters.chars().map(symbols::double_struck).collect()))
            }
            "sqrt" => Ok(Node::Root(self.argument(&name)?)),
            _ => symbols::command(&name)
                .ok_or_else(|| FigureError::UnknownCommand { label: self.label.into(), command: name }),
        }
    }

    /// What a command or script applies to: one sign or a braced group.
    fn argument(&mut self, command: &str) -> Result<Vec<Node>, FigureError> {
        while self.rest.next_if_eq(&' ').is_some() {}
        let missing =
            || FigureError::MissingArgument { label: self.label.into(), command: command.trim().into() };
        match self.rest.next() {
            None | Some('$' | '}' | '_' | '^') => Err(missing()),
            Some('{') => self.list(Some('}')),
            Some(first) => Ok(vec![self.atom(first)?]),
        }
    }

    /// The braced words of `\mathrm`, kept as they are.
    fn upright(&mut self, command: &str) -> Result<String, FigureError> {
        if self.rest.next_if_eq(&'{').is_none() {
            return Err(FigureError::MissingArgument { label: self.label.into(), command: command.into() });
        }
        let mut words = String::new();
        for character in self.rest.by_ref() {
            match character {
                '}' => return Ok(words),
                other => words.push(other),
            }
        }
        Err(FigureError::Unclosed { label: self.label.into(), open: '{' })
    }

    fn script(&mut self, sign: char, nodes: &mut Vec<Node>) -> Result<(), FigureError> {
        let argument = self.argument(&sign.to_string())?;
        let (sub, sup) = self.scripts_of_last(nodes);
        let place = if sign == '_' { sub } else { sup };
        if !place.is_empty() && !place.iter().all(is_prime) {
            return Err(FigureError::DoubleScript { label: self.label.into(), script: sign });
        }
        place.extend(argument);
        Ok(())
    }

    fn prime(&mut self, nodes: &mut Vec<Node>) -> Result<(), FigureError> {
        let (_, sup) = self.scripts_of_last(nodes);
        sup.push(symbols::symbol('′'));
        Ok(())
    }

    /// The script lists of the last node, which becomes a base if it is none yet.
    fn scripts_of_last<'n>(&self, nodes: &'n mut Vec<Node>) -> (&'n mut Vec<Node>, &'n mut Vec<Node>) {
        if !matches!(nodes.last(), Some(Node::Scripts { .. })) {
            let base = Box::new(nodes.pop().unwrap_or(Node::Group(Vec::new())));
            nodes.push(Node::Scripts { base, sub: Vec::new(), sup: Vec::new() });
        }
        match nodes.last_mut() {
            Some(Node::Scripts { sub, sup, .. }) => (sub, sup),
            _ => unreachable!("a base with scripts has just been put there"),
        }
    }
}

fn is_prime(node: &Node) -> bool {
    matches!(node, Node::Symbol { glyph: '′', .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_tells_the_formula() {
        let nodes = parse(r"risk $\mathrm{E} \tilde L(W_t) - \min$, $‖W‖_F^2 \le 10^{-3}$").unwrap();
        assert_eq!(plain(&nodes), "risk EL\u{303}(W_t) − min , ‖W‖_F^2 ≤ 10^−3");
    }

    #[test]
    fn scripts_share_one_base() {
        let nodes = parse("$x_i^2$").unwrap();
        let Node::Group(inner) = &nodes[0] else { panic!("{nodes:?}") };
        assert!(matches!(&inner[..], [Node::Scripts { sub, sup, .. }] if sub.len() == 1 && sup.len() == 1));
    }

    #[test]
    fn every_mistake_has_its_own_error() {
        assert!(matches!(parse("$x"), Err(FigureError::Unclosed { open: '$', .. })));
        assert!(matches!(parse("$x_{i"), Err(FigureError::Unclosed { open: '{', .. })));
        assert!(matches!(parse("$x}$"), Err(FigureError::Stray { found: '}', .. })));
        assert!(matches!(parse("$x^2^3$"), Err(FigureError::DoubleScript { script: '^', .. })));
        assert!(matches!(parse(r"$\nonsense$"), Err(FigureError::UnknownCommand { .. })));
        assert!(matches!(parse(r"$\tilde$"), Err(FigureError::MissingArgument { .. })));
    }

    #[test]
    fn dollars_and_names_stay_plain_outside_mathematics() {
        assert_eq!(plain(&parse(r"cost \$5, risk_minimum").unwrap()), "cost $5, risk_minimum");
    }
}
