//! The answer's XML: a small tree, and the two envelopes it is rendered in.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::{ApiError, NAMESPACE};

/// One XML element: text or children, never both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Element {
    name: Cow<'static, str>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    Children(Vec<Element>),
}

impl Element {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            content: Content::Children(Vec::new()),
        }
    }

    pub(crate) fn leaf(name: impl Into<Cow<'static, str>>, text: impl ToString) -> Self {
        Self {
            name: name.into(),
            content: Content::Text(text.to_string()),
        }
    }

    /// An element around the members of a list.
    pub(crate) fn members(name: &'static str, members: impl IntoIterator<Item = Element>) -> Self {
        Self {
            name: name.into(),
            content: Content::Children(members.into_iter().collect()),
        }
    }

    /// Adds a child.
    pub(crate) fn with(mut self, child: Element) -> Self {
        match &mut self.content {
            Content::Children(children) => children.push(child),
            Content::Text(_) => self.content = Content::Children(vec![child]),
        }
        self
    }

    /// Adds a child that holds text.
    pub(crate) fn text(self, name: &'static str, text: impl ToString) -> Self {
        self.with(Self::leaf(name, text))
    }

    /// Adds a child that holds text, when there is one: AWS leaves an absent member out.
    pub(crate) fn maybe(self, name: &'static str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// Adds a list: an element around its members. An empty list is an empty element.
    pub(crate) fn list(self, name: &'static str, members: impl IntoIterator<Item = Element>) -> Self {
        self.with(Self::members(name, members))
    }

    /// Adds a list of strings.
    pub(crate) fn strings<T: ToString>(
        self,
        name: &'static str,
        member: &'static str,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        self.list(name, texts.into_iter().map(|text| Self::leaf(member, text)))
    }

    fn write<W: io::Write>(&self, writer: &mut Writer<W>, namespace: Option<&str>) -> io::Result<()> {
        let mut element = writer.create_element(self.name.as_ref());
        if let Some(namespace) = namespace {
            element = element.with_attribute(("xmlns", namespace));
        }
        match &self.content {
            Content::Text(text) => element.write_text_content(BytesText::new(text))?,
            Content::Children(children) if children.is_empty() => element.write_empty()?,
            Content::Children(children) => element.write_inner_content(|writer| {
                for child in children {
                    child.write(writer, None)?;
                }
                Ok(())
            })?,
        };
        Ok(())
    }
}

/// `<XResponse><XResult>…</XResult><ResponseMetadata>…`.
pub(crate) fn render_answer(action: &str, result: Vec<Element>, request_id: &str) -> io::Result<String> {
    let mut inner = Element::new(format!("{action}Result"));
    for child in result {
        inner = inner.with(child);
    }
    render(
        &Element::new(format!("{action}Response"))
            .with(inner)
            .with(Element::new("ResponseMetadata").text("RequestId", request_id)),
    )
}

/// `<ErrorResponse><Error>…`. The type tells whose fault AWS thinks it is.
pub(crate) fn render_error(error: &ApiError, request_id: &str) -> io::Result<String> {
    let at_fault = if error.status >= 500 { "Receiver" } else { "Sender" };
    let inner = Element::new("Error")
        .text("Type", at_fault)
        .text("Code", &error.code)
        .text("Message", &error.message);
    render(
        &Element::new("ErrorResponse")
            .with(inner)
            .text("RequestId", request_id),
    )
}

fn render(root: &Element) -> io::Result<String> {
    let mut writer = Writer::new(Vec::new());
    root.write(&mut writer, Some(NAMESPACE))?;
    String::from_utf8(writer.into_inner()).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_aws_s_envelope() {
        let group = Element::new("ReplicationGroup")
            .text("Status", "modifying")
            .maybe("Description", None::<String>)
            .strings("MemberClusters", "ClusterId", ["rg-001", "rg-002"])
            .list("UserGroupIds", []);
        assert_eq!(
            render_answer("StartMigration", vec![group], "id-1").unwrap(),
            "<StartMigrationResponse xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\">\
             <StartMigrationResult><ReplicationGroup><Status>modifying</Status>\
             <MemberClusters><ClusterId>rg-001</ClusterId><ClusterId>rg-002</ClusterId></MemberClusters>\
             <UserGroupIds/></ReplicationGroup></StartMigrationResult>\
             <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></StartMigrationResponse>"
        );
    }

    #[test]
    fn text_is_escaped_and_comes_back_the_same() {
        let text = "a < b & \"c\" > 'd' ]]> é";
        let xml = render_answer("X", vec![Element::leaf("Message", text)], "r").unwrap();
        let mut reader = quick_xml::Reader::from_str(&xml);
        let (mut inside, mut read) = (false, String::new());
        loop {
            use quick_xml::events::Event;
            match reader.read_event().unwrap() {
                Event::Start(start) => inside = start.name().as_ref() == "Message",
                Event::End(_) => inside = false,
                Event::Text(text) if inside => read.push_str(&text),
                Event::GeneralRef(name) if inside => {
                    let escaped = format!("&{};", &*name);
                    read.push_str(&quick_xml::escape::unescape(&escaped).unwrap());
                }
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(read, text);
    }

    #[test]
    fn an_error_says_whose_fault_it_is() {
        let xml = render_error(&ApiError::invalid_value("no <port>"), "r").unwrap();
        assert!(xml.contains(
            "<Type>Sender</Type><Code>InvalidParameterValue</Code><Message>no &lt;port&gt;</Message>"
        ));
        let xml = render_error(&ApiError::internal_failure(), "r").unwrap();
        assert!(xml.contains("<Type>Receiver</Type>"));
    }
}
