//! The part of SOQL that clients of the emulator use: `SELECT` of fields and parent fields or `COUNT()`, `WHERE` with
//! AND, OR, NOT, comparisons, LIKE, IN and one-field subqueries, `ORDER BY`, `LIMIT`. Anything else is answered as
//! Salesforce answers a query it does not understand, `MALFORMED_QUERY`.

mod evaluate;
mod parse;

use parse::Words;
use serde_json::{Map, Value};

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
    /// The fields as the query names them.
    pub(super) fields: Vec<String>,
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
