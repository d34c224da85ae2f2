//! The part of SOQL that clients of the emulator use: `SELECT` of fields and parent fields or `COUNT()`, `WHERE` with
//! AND, OR, NOT, comparisons, LIKE, IN and one-field subqueries, `ORDER BY`, `LIMIT`. Anything else is answered as
//! Salesforce answers a query it does not understand, `MALFORMED_QUERY`.

use super::id;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// A row: fields by name, parent records as objects.
pub(super) type Row = Map<String, Value>;

/// Why a query has no answer: a REST `errorCode` and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QueryError {
    pub(super) code: &'static str,
    pub(super) message: String,
}

fn malformed<T>(message: impl Into<String>) -> Result<T, QueryError> {
    Err(QueryError { code: "MALFORMED_QUERY", message: message.into() })
}

/// Where the records of an object come from.
pub(super) trait Table {
    /// The object's name as it is spelled, and its records; every record has every field.
    ///
    /// # Errors
    /// `INVALID_TYPE` for an object that is not there or not visible.
    fn records(&self, object: &str) -> Result<(&'static str, Vec<Row>), QueryError>;
}

/// The records of a query, or for `COUNT()` their number only.
pub(super) struct Answer {
    pub(super) object: &'static str,
    pub(super) total: usize,
    pub(super) records: Vec<Row>,
}

/// Runs a query.
///
/// # Errors
/// `MALFORMED_QUERY`, `INVALID_FIELD`, `INVALID_TYPE`.
pub(super) fn run(query: &str, table: &dyn Table) -> Result<Answer, QueryError> {
    let mut words = Words::of(query)?;
    let select = words.select()?;
    match words.next() {
        None => select.run(table),
        Some(word) => malformed(format!("unexpected token: '{}'", word.shown())),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// A keyword, name, number or date.
    Bare(String),
    Text(String),
    Sign(&'static str),
}

impl Word {
    fn shown(&self) -> String {
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

struct Words {
    words: std::iter::Peekable<std::vec::IntoIter<Word>>,
    depth: usize,
}

impl Words {
    fn of(query: &str) -> Result<Self, QueryError> {
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

    fn next(&mut self) -> Option<Word> {
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

    fn select(&mut self) -> Result<Select, QueryError> {
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

struct Select {
    /// Empty for `COUNT()`.
    fields: Vec<String>,
    object: String,
    condition: Option<Condition>,
    order: Vec<(String, bool)>,
    limit: Option<usize>,
}

enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    Compare(String, &'static str, Value),
    Like(String, Value),
    In(String, Set),
}

enum Set {
    Values(Vec<Value>),
    Query(Box<Select>),
}

impl Select {
    fn run(self, table: &dyn Table) -> Result<Answer, QueryError> {
        let (object, mut records) = table.records(&self.object)?;
        if let Some(condition) = self.condition {
            let condition = condition.resolve(table)?;
            let mut kept = Vec::new();
            for record in records {
                if condition.holds(&record, object)? {
                    kept.push(record);
                }
            }
            records = kept;
        }
        for (field, descending) in self.order.iter().rev() {
            let mut keyed = Vec::new();
            for record in records {
                keyed.push((get(&record, field, object)?.1.clone(), record));
            }
            keyed.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or_else(|| rank(a).cmp(&rank(b))));
            if *descending {
                keyed.reverse();
            }
            records = keyed.into_iter().map(|(_, record)| record).collect();
        }
        records.truncate(self.limit.unwrap_or(usize::MAX));
        let total = records.len();
        let records = if self.fields.is_empty() {
            Vec::new()
        } else {
            records.iter().map(|record| project(record, &self.fields, object)).collect::<Result<_, _>>()?
        };
        Ok(Answer { object, total, records })
    }
}

/// Nothing comes before something.
fn rank(value: &Value) -> bool {
    !value.is_null()
}

impl Condition {
    /// Replaces subqueries by their values.
    fn resolve(self, table: &dyn Table) -> Result<Condition, QueryError> {
        let all = |conditions: Vec<Condition>| -> Result<Vec<Condition>, QueryError> {
            conditions.into_iter().map(|condition| condition.resolve(table)).collect()
        };
        Ok(match self {
            Condition::Any(conditions) => Condition::Any(all(conditions)?),
            Condition::All(conditions) => Condition::All(all(conditions)?),
            Condition::Not(condition) => Condition::Not(Box::new(condition.resolve(table)?)),
            Condition::In(field, Set::Query(select)) => {
                let [selected] = select.fields.as_slice() else {
                    return malformed("a subquery selects one field");
                };
                let selected = selected.clone();
                let answer = select.run(table)?;
                let value = |row: &Row| get(row, &selected, answer.object).map(|(_, value)| value.clone());
                let values = answer.records.iter().map(value).collect::<Result<_, _>>()?;
                Condition::In(field, Set::Values(values))
            }
            other => other,
        })
    }

    fn holds(&self, record: &Row, object: &str) -> Result<bool, QueryError> {
        let value = |field: &str| get(record, field, object).map(|(_, value)| value);
        Ok(match self {
            Condition::Any(conditions) => {
                let mut holds = false;
                for condition in conditions {
                    holds |= condition.holds(record, object)?;
                }
                holds
            }
            Condition::All(conditions) => {
                let mut holds = true;
                for condition in conditions {
                    holds &= condition.holds(record, object)?;
                }
                holds
            }
            Condition::Not(condition) => !condition.holds(record, object)?,
            Condition::Compare(field, sign, other) => {
                let ordering = compare(value(field)?, other);
                match *sign {
                    "=" => ordering == Some(Ordering::Equal),
                    "!=" | "<>" => ordering != Some(Ordering::Equal),
                    "<" => ordering == Some(Ordering::Less),
                    ">" => ordering == Some(Ordering::Greater),
                    "<=" => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
                    _ => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
                }
            }
            Condition::Like(field, pattern) => match (value(field)?, pattern) {
                (Value::String(text), Value::String(pattern)) => like(&text.to_lowercase(), &pattern.to_lowercase()),
                _ => false,
            },
            Condition::In(field, Set::Values(values)) => {
                let own = value(field)?;
                values.iter().any(|other| compare(own, other) == Some(Ordering::Equal))
            }
            Condition::In(_, Set::Query(_)) => false,
        })
    }
}

/// Texts without regard to case, as SOQL does; ids by their first 15 characters. `None`: cannot be compared.
fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::String(a), Value::String(b)) => {
            let ids = matches!(a.len(), 15 | 18) && matches!(b.len(), 15 | 18) && a.len() != b.len();
            if ids && id::same(a, b) { Some(Ordering::Equal) } else { Some(a.to_lowercase().cmp(&b.to_lowercase())) }
        }
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    }
}

/// `%` is any text, `_` any character.
fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // reach[i]: the pattern so far matches the first i characters
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    for wanted in pattern.chars() {
        if wanted == '%' {
            let first = reach.iter().position(|reached| *reached).unwrap_or(reach.len());
            reach.iter_mut().skip(first).for_each(|reached| *reached = true);
        } else {
            for i in (0..text.len()).rev() {
                reach[i + 1] = reach[i] && (wanted == '_' || wanted == text[i]);
            }
            reach[0] = false;
        }
    }
    reach[text.len()]
}

/// The value of a field or parent field, and its names as they are spelled.
fn get<'r>(record: &'r Row, field: &str, object: &str) -> Result<(Vec<String>, &'r Value), QueryError> {
    let mut names = Vec::new();
    let mut row = record;
    let mut parts = field.split('.').peekable();
    while let Some(part) = parts.next() {
        let Some((name, value)) = row.iter().find(|(name, _)| name.eq_ignore_ascii_case(part)) else { break };
        names.push(name.clone());
        match (parts.peek(), value) {
            (None, Value::Object(_)) => break,
            (None, value) => return Ok((names, value)),
            (Some(_), Value::Object(parent)) => row = parent,
            (Some(_), _) => break,
        }
    }
    let field: String = field.chars().take(60).collect();
    Err(QueryError { code: "INVALID_FIELD", message: format!("No such column '{field}' on entity '{object}'.") })
}

fn project(record: &Row, fields: &[String], object: &str) -> Result<Row, QueryError> {
    let mut projected = Row::new();
    for field in fields {
        let (names, value) = get(record, field, object)?;
        put(&mut projected, &names, value);
    }
    Ok(projected)
}

/// Puts a value below the names of its parents.
fn put(row: &mut Row, names: &[String], value: &Value) {
    match names {
        [] => {}
        [name] => {
            row.insert(name.clone(), value.clone());
        }
        [parent, rest @ ..] => {
            if let Value::Object(inner) = row.entry(parent.clone()).or_insert_with(|| Row::new().into()) {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct People;

    impl Table for People {
        fn records(&self, object: &str) -> Result<(&'static str, Vec<Row>), QueryError> {
            let rows = json!([
                {"Id": "005Em0AAAAAAAAAGAR", "Name": "Ann", "Age": 30, "Boss": {"Name": "Zoe"}, "Left": null, "Active": true},
                {"Id": "005Em0BBBBBBBBBGAR", "Name": "Bob", "Age": 20, "Boss": {"Name": "Ann"}, "Left": "2026", "Active": false},
                {"Id": "005Em0CCCCCCCCCGAR", "Name": "O'Neil", "Age": 40, "Boss": {"Name": "Ann"}, "Left": null, "Active": true},
            ]);
            let rows = serde_json::from_value(rows).unwrap();
            match object.eq_ignore_ascii_case("user") {
                true => Ok(("User", rows)),
                false => Err(QueryError { code: "INVALID_TYPE", message: object.to_owned() }),
            }
        }
    }

    fn names(query: &str) -> Result<String, &'static str> {
        let answer = run(query, &People).map_err(|error| error.code)?;
        Ok(answer.records.iter().map(|row| row["Name"].as_str().unwrap()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn conditions_select_records() {
        for (condition, expected) in [
            ("", "Ann Bob O'Neil"),
            ("WHERE Name = 'ann'", "Ann"),
            ("where name != 'Ann'", "Bob O'Neil"),
            (r"WHERE Name = 'O\'Neil'", "O'Neil"),
            ("WHERE Id = '005Em0BBBBBBBBB'", "Bob"),
            ("WHERE Age > 20 AND Age <= 40", "Ann O'Neil"),
            ("WHERE Age < 25 OR Boss.Name = 'Zoe'", "Ann Bob"),
            ("WHERE Left = null", "Ann O'Neil"),
            ("WHERE Left != null", "Bob"),
            ("WHERE Active = false", "Bob"),
            ("WHERE NOT (Active = true AND Age = 30)", "Bob O'Neil"),
            ("WHERE Name LIKE '%n%'", "Ann O'Neil"),
            ("WHERE Name LIKE '_ob'", "Bob"),
            ("WHERE Name LIKE 'n'", ""),
            ("WHERE Name IN ('Ann', 'Bob')", "Ann Bob"),
            ("WHERE Name NOT IN ('Ann', 'Bob')", "O'Neil"),
            ("WHERE Name IN (SELECT Boss.Name FROM User WHERE Age = 40)", "Ann"),
            ("ORDER BY Age DESC LIMIT 2", "O'Neil Ann"),
            ("ORDER BY Active ASC, Name DESC", "Bob O'Neil Ann"),
        ] {
            assert_eq!(names(&format!("SELECT Name FROM User {condition}")).as_deref(), Ok(expected), "{condition}");
        }
    }

    #[test]
    fn fields_come_as_they_are_spelled() {
        let answer = run("select id, boss.name from user limit 1", &People).unwrap();
        assert_eq!(
            Value::Object(answer.records[0].clone()),
            json!({"Id": "005Em0AAAAAAAAAGAR", "Boss": {"Name": "Zoe"}})
        );
        let count = run("SELECT COUNT() FROM User WHERE Active = true", &People).unwrap();
        assert_eq!((count.total, count.records.len()), (2, 0));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let deep = format!("SELECT Name FROM User WHERE {}Age = 1{}", "(".repeat(5000), ")".repeat(5000));
        for (query, code) in [
            ("", "MALFORMED_QUERY"),
            ("DROP TABLE User", "MALFORMED_QUERY"),
            ("SELECT FROM User", "MALFORMED_QUERY"),
            ("SELECT Name", "MALFORMED_QUERY"),
            ("SELECT Name FROM User WHERE", "MALFORMED_QUERY"),
            ("SELECT Name FROM User WHERE Name = 'x", "MALFORMED_QUERY"),
            ("SELECT Name FROM User GROUP BY Name", "MALFORMED_QUERY"),
            ("SELECT Name FROM User LIMIT x", "MALFORMED_QUERY"),
            ("SELECT Name, (SELECT Id FROM Cases) FROM User", "MALFORMED_QUERY"),
            ("SELECT Name FROM User; --", "MALFORMED_QUERY"),
            ("SELECT Näme FROM User", "MALFORMED_QUERY"),
            (&deep, "MALFORMED_QUERY"),
            ("SELECT Shoe FROM User", "INVALID_FIELD"),
            ("SELECT Boss FROM User", "INVALID_FIELD"),
            ("SELECT Name FROM User WHERE Boss.Shoe = 1", "INVALID_FIELD"),
            ("SELECT Name FROM ScratchOrgInfo", "INVALID_TYPE"),
        ] {
            assert_eq!(names(query), Err(code), "{query}");
        }
    }
}
