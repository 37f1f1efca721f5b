use std::io;
use std::path::PathBuf;

/// Why a template cannot be used. `place` is a path into it, such as `Resources.Start.Properties.Timeout`.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file is not there or cannot be read.
    #[error("cannot read the template {file}: give its path in `Options::template`")]
    Read {
        /// The template file.
        file: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Not YAML.
    #[error("the template is not valid YAML")]
    Yaml(#[source] serde_norway::Error),
    /// YAML that no template can hold, such as a number as a key.
    #[error("{place}: {problem}")]
    Shape {
        /// Where.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// An intrinsic function that the local cloud does not understand.
    #[error(
        "{place}: the local cloud does not understand {intrinsic}: teach it to template/resolver.rs, or do without"
    )]
    UnknownIntrinsic {
        /// Where.
        place: String,
        /// Its name, such as `Fn::ImportValue`.
        intrinsic: String,
    },
    /// A reference to what is not in the template.
    #[error("{place}: nothing in the template is called {name}")]
    UnknownName {
        /// Where.
        place: String,
        /// The name.
        name: String,
    },
    /// `GetAtt` of an attribute whose value the local cloud does not know.
    #[error(
        "{place}: {resource}.{attribute} is not known: give it a value as override \"{resource}.{attribute}\""
    )]
    UnknownAttribute {
        /// Where.
        place: String,
        /// Logical id.
        resource: String,
        /// Attribute.
        attribute: String,
    },
    /// A parameter with neither default nor override.
    #[error("{place}: the parameter {parameter} has no default: give it a value in `Options::parameters`")]
    MissingParameter {
        /// Where it is used.
        place: String,
        /// Its name.
        parameter: String,
    },
    /// A value for a parameter that the template does not have.
    #[error("`Options::parameters` gives a value to {parameter}, which the template does not have")]
    UnknownParameter {
        /// Its name.
        parameter: String,
    },
}

impl TemplateError {
    pub(super) fn shape(place: impl ToString, problem: impl Into<String>) -> TemplateError {
        TemplateError::Shape {
            place: place.to_string(),
            problem: problem.into(),
        }
    }
}
