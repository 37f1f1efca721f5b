//! Reads an object field by field and remembers every mistake, so that a person mends the input once and not once per
//! mistake. A text value is never repeated in a mistake: it may be a password typed into the wrong field.
//!
//! Reading also notes what was asked for, so that the JSON Schema of the input is what the reader does and not a second
//! description of it: see [`super::schema()`].

use super::schema::Shape;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fmt;

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The path of the field, such as `source.port`.
    pub field: String,
    /// What is wrong and what is allowed.
    pub remedy: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.remedy)
    }
}

/// Everything that is wrong with an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// The mistakes, in the order in which the fields are read.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    /// Nothing, or the mistakes that there are.
    pub(super) fn none_of(mistakes: Vec<Mistake>) -> Result<(), Mistakes> {
        match mistakes.is_empty() {
            true => Ok(()),
            false => Err(Mistakes(mistakes)),
        }
    }

    /// The same, of an input that is itself at a place in a larger one.
    pub(super) fn within(self, place: &str) -> impl Iterator<Item = Mistake> {
        self.0.into_iter().map(move |mistake| Mistake {
            field: match mistake.field.as_str() {
                WHOLE => place.to_owned(),
                field => format!("{place}.{field}"),
            },
            ..mistake
        })
    }
}

/// Step Functions keeps 32,768 characters of an error's cause; so many mistakes fit well, and nobody mends more at a time.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html>.
const SHOWN: usize = 100;

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the input is wrong and nothing was called")?;
        for (number, mistake) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{mistake}", if number == 0 { ": " } else { "; " })?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Mistakes {}

/// How a mistake names an input that is no object.
const WHOLE: &str = "the input";

/// One object of the input while it is read.
pub(super) struct Fields<'input> {
    path: String,
    values: Option<&'input Map<String, Value>>,
    known: BTreeSet<&'static str>,
    mistakes: Vec<Mistake>,
    shape: Shape,
}

impl<'input> Fields<'input> {
    /// No input: everything is asked for, so that [`Fields::shape`] is complete. Its mistakes mean nothing.
    pub(super) fn asking_for_all() -> Self {
        Fields {
            path: String::new(),
            values: None,
            known: BTreeSet::new(),
            mistakes: vec![],
            shape: Shape::complete(),
        }
    }

    /// What was asked for.
    pub(super) fn shape(mut self) -> Shape {
        self.name_unknown();
        self.shape
    }

    /// The input as a whole.
    pub(super) fn root(input: &'input Value) -> Self {
        let mut root = Fields {
            path: String::new(),
            values: input.as_object(),
            known: BTreeSet::new(),
            mistakes: vec![],
            shape: Shape::default(),
        };
        if root.values.is_none() {
            root.mistakes.push(Mistake {
                field: WHOLE.to_owned(),
                remedy: r#"must be an object, for example {"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241"}}"#
                    .to_owned(),
            });
        }
        root
    }

    /// An object within this one. Where it is absent and not required, its fields have their defaults.
    pub(super) fn section(&mut self, name: &'static str, required: bool) -> Fields<'input> {
        let value = self.take(name);
        let values = value.and_then(Value::as_object);
        match value {
            Some(_) if values.is_none() => self.mistake(name, "must be an object"),
            None if required && self.values.is_some() => {
                self.mistake(
                    name,
                    "is missing; give an object, for example {\"address\": \"10.0.0.241\"}",
                );
            }
            _ => {}
        }
        self.shape.section(name, required);
        Fields {
            path: self.path_of(name),
            values,
            known: BTreeSet::new(),
            mistakes: vec![],
            shape: self.shape.inner(),
        }
    }

    /// A text that must be there and that `parse` accepts.
    pub(super) fn required<T, E: fmt::Display>(
        &mut self,
        name: &'static str,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.shape.field(name, json!({"type": "string"}), true);
        match self.take(name) {
            Some(Value::String(text)) => match parse(text) {
                Ok(value) => return Some(value),
                Err(why) => self.mistake(name, &why.to_string()),
            },
            Some(_) => self.mistake(name, &format!("must be a text: {what}")),
            None if self.values.is_some() => self.mistake(name, &format!("is missing; give {what}")),
            None => {}
        }
        None
    }

    /// A text that `parse` accepts, where there is one.
    pub(super) fn optional<T, E: fmt::Display>(
        &mut self,
        name: &'static str,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.shape.field(name, json!({"type": "string"}), false);
        match self.take(name)? {
            Value::String(text) => match parse(text) {
                Ok(value) => return Some(value),
                Err(why) => self.mistake(name, &why.to_string()),
            },
            _ => self.mistake(name, &format!("must be a text: {what}")),
        }
        None
    }

    /// A whole number within bounds.
    pub(super) fn integer(&mut self, name: &'static str, default: u64, min: u64, max: u64) -> u64 {
        let shape = json!({"type": "integer", "minimum": min, "maximum": max, "default": default});
        self.shape.field(name, shape, false);
        self.whole(name, min, max).unwrap_or(default)
    }

    /// A whole number within bounds, which may be absent.
    pub(super) fn limit(&mut self, name: &'static str, min: u64, max: u64) -> Option<u64> {
        let shape = json!({"type": "integer", "minimum": min, "maximum": max});
        self.shape.field(name, shape, false);
        self.whole(name, min, max)
    }

    fn whole(&mut self, name: &'static str, min: u64, max: u64) -> Option<u64> {
        match self.take(name)? {
            Value::Number(number) => match number.as_u64() {
                Some(value) if (min..=max).contains(&value) => return Some(value),
                _ => self.mistake(
                    name,
                    &format!("is {number}, must be a whole number from {min} to {max}"),
                ),
            },
            _ => self.mistake(
                name,
                &format!("must be a whole number from {min} to {max}, without quotes"),
            ),
        }
        None
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        self.shape
            .field(name, json!({"type": "boolean", "default": default}), false);
        match self.take(name) {
            None => default,
            Some(Value::Bool(value)) => *value,
            Some(_) => {
                self.mistake(name, "must be true or false");
                default
            }
        }
    }

    /// One word of a table.
    pub(super) fn word<T: Copy>(&mut self, name: &'static str, default: T, table: &[(&'static str, T)]) -> T {
        self.shape.field(name, json!({"enum": known_words(table)}), false);
        let Some(value) = self.take(name) else {
            return default;
        };
        let known = value
            .as_str()
            .and_then(|text| table.iter().find(|(word, _)| *word == text));
        if let Some((_, meaning)) = known {
            return *meaning;
        }
        self.mistake(name, &format!("must be one of {}", list(table)));
        default
    }

    /// A list of words of a table, one at least.
    pub(super) fn words<T: Copy>(&mut self, name: &'static str, table: &[(&'static str, T)]) -> Vec<T> {
        let shape = json!({"type": "array", "minItems": 1, "items": {"enum": known_words(table)}});
        self.shape.field(name, shape, true);
        let meant: Option<Vec<T>> = self.take(name).and_then(|value| {
            let words = value.as_array().filter(|words| !words.is_empty())?;
            words
                .iter()
                .map(|text| {
                    let text = text.as_str()?;
                    table
                        .iter()
                        .find(|(word, _)| *word == text)
                        .map(|(_, meaning)| *meaning)
                })
                .collect()
        });
        meant.unwrap_or_else(|| {
            self.mistake(name, &format!("must be a list of {}", list(table)));
            vec![]
        })
    }

    /// A list of anything, one at least.
    pub(super) fn list(&mut self, name: &'static str, shape: &Value) -> Option<Vec<Value>> {
        self.shape.field(name, shape.clone(), false);
        let value = self.take(name)?;
        let list = value.as_array().filter(|list| !list.is_empty()).cloned();
        if list.is_none() {
            self.mistake(name, "must be a list, one entry at least");
        }
        list
    }

    /// An object that somebody else reads; empty where there is none.
    pub(super) fn object(&mut self, name: &'static str) -> Map<String, Value> {
        self.shape.field(name, json!({"type": "object"}), false);
        match self.take(name) {
            None => Map::new(),
            Some(Value::Object(object)) => object.clone(),
            Some(_) => {
                self.mistake(name, "must be an object");
                Map::new()
            }
        }
    }

    /// A value of a kind of its own, as it was typed, with the schema of what is allowed there.
    pub(super) fn value(&mut self, name: &'static str, shape: Value) -> Option<&'input Value> {
        self.shape.field(name, shape, false);
        self.take(name)
    }

    /// Whether somebody typed this field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.shape.is_complete() || self.values.is_some_and(|values| values.contains_key(name))
    }

    /// Records what is wrong with a field.
    pub(super) fn mistake(&mut self, name: &str, remedy: &str) {
        self.mistakes.push(Mistake {
            field: self.path_of(name),
            remedy: remedy.to_owned(),
        });
    }

    /// Takes over the mistakes of a section that was read to its end.
    pub(super) fn merge(&mut self, mut section: Fields<'input>) {
        section.name_unknown();
        self.mistakes.append(&mut section.mistakes);
        self.shape.close(&section.path, section.shape);
    }

    /// Ends the reading: every field that nobody asked for is a mistake too.
    pub(super) fn finish(mut self) -> Result<(), Mistakes> {
        self.name_unknown();
        if self.mistakes.is_empty() {
            Ok(())
        } else {
            Err(Mistakes(self.mistakes))
        }
    }

    fn take(&mut self, name: &'static str) -> Option<&'input Value> {
        self.known.insert(name);
        self.values?.get(name)
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn name_unknown(&mut self) {
        debug_assert!(
            !self.shape.is_complete() || self.known.iter().all(|name| self.shape.knows(name)),
            "a field of {} is read and not in the schema",
            self.path
        );
        let Some(values) = self.values else { return };
        let known: Vec<&str> = self.known.iter().copied().collect();
        for name in values.keys().filter(|name| !self.known.contains(name.as_str())) {
            let meant = known
                .iter()
                .find(|known| known.eq_ignore_ascii_case(name))
                .map(|known| format!(" (did you mean {known}?)"))
                .unwrap_or_default();
            let remedy = format!("is not a field{meant}; known here: {}", known.join(", "));
            self.mistakes.push(Mistake {
                field: self.path_of(name),
                remedy,
            });
        }
    }
}

fn known_words<T>(table: &[(&'static str, T)]) -> Vec<&'static str> {
    table.iter().map(|(word, _)| *word).collect()
}

fn list<T>(table: &[(&'static str, T)]) -> String {
    known_words(table).join(", ")
}
