//! `MaxRecords` and `Marker`: paging that survives things being added between two calls.

use super::{ApiError, Form};

/// What a caller asks of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageRequest {
    max_records: usize,
    marker: Option<String>,
}

/// One page, and the marker that asks for the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) marker: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn map<U>(self, item: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(item).collect(),
            marker: self.marker,
        }
    }
}

impl PageRequest {
    /// Reads both parameters. The model gives the limits in words: 20 to 100, 100 when absent.
    pub(crate) fn read(form: &Form) -> Result<Self, ApiError> {
        let max_records = match form.integer("MaxRecords")? {
            None => 100,
            Some(number @ 20..=100) => usize::try_from(number).unwrap_or(100),
            Some(number) => {
                let message = format!("Invalid value {number} for MaxRecords. Must be between 20 and 100");
                return Err(ApiError::invalid_value(message));
            }
        };
        Ok(Self {
            max_records,
            marker: form.owned("Marker"),
        })
    }

    /// Cuts the page out of all items. The marker names the last item of the page before by its key, so what is added
    /// meanwhile neither repeats nor hides an item.
    pub(crate) fn cut<T>(&self, items: Vec<T>, key: impl Fn(&T) -> String) -> Result<Page<T>, ApiError> {
        let from = match &self.marker {
            None => 0,
            Some(marker) => {
                let last = items.iter().position(|item| encode(&key(item)) == *marker);
                1 + last.ok_or_else(|| ApiError::invalid_value(format!("Invalid marker {marker}")))?
            }
        };
        let more = items.len() > from + self.max_records;
        let items: Vec<T> = items.into_iter().skip(from).take(self.max_records).collect();
        let marker = if more {
            items.last().map(|item| encode(&key(item)))
        } else {
            None
        };
        Ok(Page { items, marker })
    }
}

/// Opaque on purpose: a client that reads a meaning out of a marker should fail here and not at AWS.
fn encode(key: &str) -> String {
    key.bytes().rev().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<PageRequest, ApiError> {
        PageRequest::read(&Form::decode(body.as_bytes()))
    }

    #[test]
    fn pages_cover_everything_once() {
        let all: Vec<u32> = (0..45).collect();
        let (mut seen, mut body) = (Vec::new(), "MaxRecords=20".to_owned());
        loop {
            let page = read(&body).unwrap().cut(all.clone(), u32::to_string).unwrap();
            seen.extend(page.items);
            match page.marker {
                Some(marker) => body = format!("MaxRecords=20&Marker={marker}"),
                None => break,
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn an_exact_fit_has_no_marker() {
        let page = read("MaxRecords=20")
            .unwrap()
            .cut((0..20).collect(), u32::to_string)
            .unwrap();
        assert_eq!(page.marker, None);
    }

    #[test]
    fn limits_and_unknown_markers_are_refused() {
        assert_eq!(read("MaxRecords=19").unwrap_err().code, "InvalidParameterValue");
        assert_eq!(read("MaxRecords=101").unwrap_err().code, "InvalidParameterValue");
        let unknown = read("Marker=nothing").unwrap().cut(vec![1], u32::to_string);
        assert_eq!(unknown.unwrap_err().code, "InvalidParameterValue");
    }
}
