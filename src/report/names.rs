//! Names that are longer than the room they have.

/// The marks that stand for what was left out.
const ELLIPSIS: char = '…';

/// `name` in at most `columns` characters: what it begins and what it ends with, since names of a kind differ at either end.
pub fn shortened(name: &str, columns: usize) -> String {
    let all: Vec<char> = name.chars().collect();
    if all.len() <= columns {
        return name.into();
    }
    let kept = columns.saturating_sub(1);
    let tail = kept / 2;
    let head = all[..kept - tail].iter();
    head.chain([&ELLIPSIS]).chain(&all[all.len() - tail..]).take(columns).collect()
}

/// What `label` says of the process `name` in at most `columns` characters: the name, or both of a pair `a|b`, give way to the words.
pub fn labelled(name: &str, columns: usize, label: impl Fn(&str) -> String) -> String {
    let whole = label(name);
    let over = whole.chars().count().saturating_sub(columns);
    if over == 0 {
        return whole;
    }
    let room = name.chars().count().saturating_sub(over);
    let name = match name.split_once('|') {
        // The longer of the two gives way first.
        Some((a, b)) => {
            let (room, lengths) = (room.saturating_sub(1), (a.chars().count(), b.chars().count()));
            let first = (room - room / 2).max(room.saturating_sub(lengths.1)).min(lengths.0);
            format!("{}|{}", shortened(a, first), shortened(b, room.saturating_sub(first)))
        }
        None => shortened(name, room),
    };
    shortened(&label(&name), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_at_an_end_stay_apart() {
        let (first, second) = ("a-long-name-of-a-process-1", "a-long-name-of-a-process-2");
        assert_eq!(shortened(first, 14), "a-long-…cess-1");
        assert_ne!(shortened(first, 14), shortened(second, 14));
        assert_eq!(shortened("sgd", 14), "sgd");
        assert_eq!(shortened("ää", 1), "…");
        assert_eq!(shortened(first, 0), "");
    }

    #[test]
    fn the_words_of_a_label_stay_whole() {
        let label = |name: &str| format!("decay rate of E L, {name}");
        let long = labelled("a-long-name-of-a-process-1", 37, label);
        assert_eq!((long.as_str(), long.chars().count()), ("decay rate of E L, a-long-na…rocess-1", 37));
        let pair = labelled("a-long-name-of-a-process-1|sgd", 37, label);
        assert_eq!(pair, "decay rate of E L, a-long-…cess-1|sgd");
    }
}
