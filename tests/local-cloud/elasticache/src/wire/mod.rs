//! The AWS Query protocol of ElastiCache, API version 2015-02-02. Pure: bytes in, values out, and back.
//!
//! A request is a form whose lists are spelled `Name.member.1`; an answer is XML whose lists have named members.
//! Names and nesting come from the API's published model; `tests/boto3_contract.py` holds every answer against it.

mod document;
mod error;
mod form;
mod page;
mod request;
mod signature;

pub(crate) use document::{Element, render_answer, render_error};
pub use error::ApiError;
pub(crate) use form::Form;
pub(crate) use page::{Page, PageRequest};
pub(crate) use request::{
    DescribeCacheClusters, DescribeCacheParameters, DescribeEvents, DescribeUpdateActions, Endpoint,
    Migration, ModifyReplicationGroup, Request,
};
pub(crate) use signature::caller;

/// The one version of the API.
pub(crate) const API_VERSION: &str = "2015-02-02";

/// The namespace of every document.
pub(crate) const NAMESPACE: &str = "http://elasticache.amazonaws.com/doc/2015-02-02/";
