//! The records that a query selects, in order, with the fields that it names.

use super::{Answer, Condition, QueryError, Row, Select, Set, Table, malformed};
use crate::emulator::id;
use serde_json::Value;
use std::cmp::Ordering;

impl Select {
    pub(super) fn run(self, table: &dyn Table) -> Result<Answer, QueryError> {
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
        Ok(Answer { object, fields: self.fields, total, records })
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
