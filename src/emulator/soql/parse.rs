//! Words, and the query that they make.

use super::{Condition, QueryError, Select, Set, malformed};
use serde_json::Value;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A keyword, name, number or date.
    Bare(String),
    Text(String),
    Sign(&'static str),
}

impl Word {
    pub(super) fn shown(&self) -> String {
        match self {
            Word::Bare(text) | Word::Text(text) => text.chars().take(40).collect(),
            Word::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// Signs, longer ones first.
const SIGNS: [&str; 10] = ["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","];
/// Names, numbers and dates are made of these.
const BARE: [char; 6] = ['_', '.', '-', '+', ':', '*'];
/// Depth of parentheses and subqueries.
const MAX_DEPTH: usize = 20;

/// The words of a query, one after the other.
pub(super) struct Words {
    words: std::iter::Peekable<std::vec::IntoIter<Word>>,
    depth: usize,
}

impl Words {
    pub(super) fn of(query: &str) -> Result<Self, QueryError> {
        let mut words = Vec::new();
        let mut rest = query.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if first == '\'' {
                let (text, length) = quoted(rest)?;
                words.push(Word::Text(text));
                length
            } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                words.push(Word::Sign(sign));
                sign.len()
            } else {
                let bare = |c: char| c.is_ascii_alphanumeric() || BARE.contains(&c);
                let length = rest.find(|c| !bare(c)).unwrap_or(rest.len());
                if length == 0 {
                    return malformed(format!("unexpected token: '{first}'"));
                }
                words.push(Word::Bare(rest[..length].to_owned()));
                length
            };
            rest = rest[length..].trim_start();
        }
        Ok(Words { words: words.into_iter().peekable(), depth: 0 })
    }

    pub(super) fn next(&mut self) -> Option<Word> {
        self.words.next()
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        self.words.next_if(|word| matches!(word, Word::Bare(bare) if bare.eq_ignore_ascii_case(keyword))).is_some()
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.words.next_if(|word| matches!(word, Word::Sign(own) if *own == sign)).is_some()
    }

    fn expect(&mut self, found: bool, what: &str) -> Result<(), QueryError> {
        match (found, self.words.peek()) {
            (true, _) => Ok(()),
            (false, Some(word)) => malformed(format!("unexpected token: '{}', expecting {what}", word.shown())),
            (false, None) => malformed(format!("unexpected end of query, expecting {what}")),
        }
    }

    fn name(&mut self) -> Result<String, QueryError> {
        match self.next() {
            Some(Word::Bare(name)) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok(name),
            Some(word) => malformed(format!("unexpected token: '{}', expecting a name", word.shown())),
            None => malformed("unexpected end of query, expecting a name"),
        }
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return malformed("the query is nested too deeply");
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    pub(super) fn select(&mut self) -> Result<Select, QueryError> {
        let found = self.keyword("select");
        self.expect(found, "SELECT")?;
        let mut fields = vec![self.name()?];
        if fields[0].eq_ignore_ascii_case("count") && self.sign("(") {
            let found = self.sign(")");
            self.expect(found, "')'")?;
            fields.clear();
        }
        while !fields.is_empty() && self.sign(",") {
            fields.push(self.name()?);
        }
        let found = self.keyword("from");
        self.expect(found, "FROM")?;
        let object = self.name()?;
        let condition = if self.keyword("where") { Some(self.any_of()?) } else { None };
        let mut order = Vec::new();
        if self.keyword("order") {
            let found = self.keyword("by");
            self.expect(found, "BY")?;
            loop {
                let field = self.name()?;
                let descending = self.keyword("desc");
                if !descending {
                    self.keyword("asc");
                }
                order.push((field, descending));
                if !self.sign(",") {
                    break;
                }
            }
        }
        let limit = if self.keyword("limit") {
            let number = self.name_or_number()?;
            Some(number.parse().or_else(|_| malformed("LIMIT needs a number"))?)
        } else {
            None
        };
        Ok(Select { fields, object, condition, order, limit })
    }

    fn name_or_number(&mut self) -> Result<String, QueryError> {
        match self.next() {
            Some(Word::Bare(text)) => Ok(text),
            _ => malformed("a number is expected"),
        }
    }

    fn any_of(&mut self) -> Result<Condition, QueryError> {
        let mut alternatives = vec![self.all_of()?];
        while self.keyword("or") {
            alternatives.push(self.all_of()?);
        }
        Ok(Condition::Any(alternatives))
    }

    fn all_of(&mut self) -> Result<Condition, QueryError> {
        let mut conditions = vec![self.one()?];
        while self.keyword("and") {
            conditions.push(self.one()?);
        }
        Ok(Condition::All(conditions))
    }

    fn one(&mut self) -> Result<Condition, QueryError> {
        if self.keyword("not") {
            return Ok(Condition::Not(Box::new(self.deeper(Self::one)?)));
        }
        if self.sign("(") {
            let inner = self.deeper(Self::any_of)?;
            let found = self.sign(")");
            self.expect(found, "')'")?;
            return Ok(inner);
        }
        let field = self.name()?;
        let negated = self.keyword("not");
        if self.keyword("in") {
            let set = self.deeper(Self::set)?;
            let inside = Condition::In(field, set);
            return Ok(if negated { Condition::Not(Box::new(inside)) } else { inside });
        }
        if self.keyword("like") {
            return Ok(Condition::Like(field, self.value()?));
        }
        match self.next() {
            Some(Word::Sign(sign)) if sign.contains(['=', '<', '>']) => {
                Ok(Condition::Compare(field, sign, self.value()?))
            }
            Some(word) => malformed(format!("unexpected token: '{}', expecting a comparison", word.shown())),
            None => malformed("unexpected end of query, expecting a comparison"),
        }
    }

    fn set(&mut self) -> Result<Set, QueryError> {
        let found = self.sign("(");
        self.expect(found, "'('")?;
        let selects = matches!(self.words.peek(), Some(Word::Bare(word)) if word.eq_ignore_ascii_case("select"));
        let set = if selects {
            Set::Query(Box::new(self.select()?))
        } else {
            let mut values = vec![self.value()?];
            while self.sign(",") {
                values.push(self.value()?);
            }
            Set::Values(values)
        };
        let found = self.sign(")");
        self.expect(found, "')'")?;
        Ok(set)
    }

    fn value(&mut self) -> Result<Value, QueryError> {
        match self.next() {
            Some(Word::Text(text)) => Ok(text.into()),
            Some(Word::Bare(bare)) => Ok(match bare.to_ascii_lowercase().as_str() {
                "true" => true.into(),
                "false" => false.into(),
                "null" => Value::Null,
                number if number.parse::<i64>().is_ok() => number.parse::<i64>().unwrap_or_default().into(),
                _ => bare.into(),
            }),
            _ => malformed("a value is expected"),
        }
    }
}

/// A text in single quotes: the text, and its length in the query.
fn quoted(query: &str) -> Result<(String, usize), QueryError> {
    let mut text = String::new();
    let mut characters = query.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => return Ok((text, at + 1)),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            other => text.push(other),
        }
    }
    malformed("a text in quotes does not end")
}
