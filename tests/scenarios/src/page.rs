//! A page as a browser reads it: html5ever is the parser of a browser engine, and names every mistake it corrects.

use html5ever::tendril::TendrilSink as _;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// What stands in a page.
#[derive(Debug, Default)]
pub struct Page {
    /// What the parser had to correct; empty for HTML as it should be.
    pub mistakes: Vec<String>,
    /// All text that a person can read, in order.
    pub text: String,
    /// The text of its script elements: data, where nothing runs.
    pub data: String,
}

impl Page {
    /// Reads a whole document.
    #[must_use]
    pub fn parse(html: &str) -> Page {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
        let mut page = Page {
            mistakes: dom.errors.borrow().iter().map(ToString::to_string).collect(),
            ..Page::default()
        };
        page.read(&dom.document, false);
        page
    }

    fn read(&mut self, node: &Handle, is_data: bool) {
        let mut is_data = is_data;
        match &node.data {
            NodeData::Element { name, .. } => {
                if &*name.local == "style" {
                    return;
                }
                is_data |= &*name.local == "script";
            }
            NodeData::Text { contents } if is_data => self.data.push_str(&contents.borrow()),
            NodeData::Text { contents } => self.text.push_str(&contents.borrow()),
            _ => {}
        }
        for child in node.children.borrow().iter() {
            self.read(child, is_data);
        }
    }
}
