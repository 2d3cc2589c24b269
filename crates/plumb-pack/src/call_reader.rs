//! Reading of calls: operations, parameters and error patterns, checked against the API model.

use std::ops::Range;
use std::sync::Arc;

use plumb_api::model::{ReadOperation, ServiceModel};
use plumb_api::shape::{Kind, ShapeRef};
use plumb_model::value::{Text, Value};

use crate::node::{Content, Node};
use crate::reader::{Fields, Problems};
use crate::recipe::{Call, ErrorPattern, Parameter, Service, Template, TemplateValue};
use crate::suggest::did_you_mean;

/// A template that has to be checked when all attributes are known.
#[derive(Clone, Debug)]
pub(crate) struct PendingTemplate {
    /// The template.
    pub(crate) template: Template,
    /// Where it stands.
    pub(crate) span: Range<usize>,
}

/// A call and what is needed to read the rest of its declaration.
pub(crate) struct ReadCall {
    /// The call.
    pub(crate) call: Call,
    /// The operation.
    pub(crate) operation: Arc<ReadOperation>,
    /// The templates of its parameters.
    pub(crate) templates: Vec<PendingTemplate>,
    /// Whether a parameter takes the values of a whole batch.
    pub(crate) each: bool,
}

/// The service whose API is called.
pub(crate) struct CalledService {
    /// Names and IAM actions.
    pub(crate) service: Arc<Service>,
    /// The API model.
    pub(crate) model: Arc<ServiceModel>,
}

/// Reads the call whose operation stands under `key`, with `with` and `absent_on` beside it.
///
/// `set_elsewhere` names a parameter that gets its value otherwise.
pub(crate) fn read_call(
    fields: &Fields<'_>,
    key: &str,
    set_elsewhere: Option<&Text>,
    called: &CalledService,
    problems: &mut Problems,
) -> Option<ReadCall> {
    let node = fields.get(key)?;
    let name = problems.text(node, key)?;
    let operation = find_operation(&name, node.span.clone(), called, problems)?;
    let mut reader = ParameterReader {
        problems,
        templates: Vec::new(),
        each: false,
    };
    let with = reader.parameters(fields, &operation, set_elsewhere, node.span.clone());
    let (templates, each) = (reader.templates, reader.each);
    let absent_on = fields
        .list("absent_on", problems)
        .iter()
        .filter_map(|node| read_error(node, problems))
        .collect();
    let mut actions = called.service.iam_actions(&name);
    actions.sort();
    let call = Call {
        service: called.service.name.clone(),
        operation: name,
        actions,
        with,
        absent_on,
    };
    Some(ReadCall {
        call,
        operation,
        templates,
        each,
    })
}

/// Finds an operation; reports one that does not exist.
pub(crate) fn find_operation(
    name: &str,
    span: Range<usize>,
    called: &CalledService,
    problems: &mut Problems,
) -> Option<Arc<ReadOperation>> {
    let operation = called.model.operation(name);
    if operation.is_none() {
        let help = did_you_mean(name, called.model.operation_names()).unwrap_or_else(|| {
            "only operations that read configuration exist here; none that writes, decrypts or returns secrets or data".to_owned()
        });
        let message = format!("service `{}` has no read operation `{name}`", called.service.name);
        problems.error_with_help(span, message, "not in the API model", Some(help));
    }
    operation
}

/// Reads an error code, or a code with a part of the message.
pub(crate) fn read_error(node: &Node, problems: &mut Problems) -> Option<ErrorPattern> {
    if let Some(code) = node.text() {
        return Some(ErrorPattern {
            code: code.clone(),
            message: None,
        });
    }
    let what = "an error pattern";
    let fields = Fields::open(node, what, &["code", "message"], problems)?;
    let code = fields.required_text("code", what, problems)?;
    Some(ErrorPattern {
        code,
        message: fields.text("message", problems),
    })
}

/// Reads a template; reports a malformed one.
pub(crate) fn read_template(node: &Node, text: &str, problems: &mut Problems) -> Option<Template> {
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(problem) => {
            problems.error(node.span.clone(), problem.to_string(), "not a template");
            None
        }
    }
}

struct ParameterReader<'p> {
    problems: &'p mut Problems,
    templates: Vec<PendingTemplate>,
    each: bool,
}

impl ParameterReader<'_> {
    fn parameters(
        &mut self,
        fields: &Fields<'_>,
        operation: &ReadOperation,
        set_elsewhere: Option<&Text>,
        operation_span: Range<usize>,
    ) -> Vec<(Text, Parameter)> {
        let input = operation.input();
        let mut with = Vec::new();
        for (key, node) in fields.entries("with", self.problems) {
            let shape = self.member(input.as_ref(), &key.text, key.span.clone());
            if let Some(parameter) = self.parameter(node, shape.as_ref()) {
                with.push((key.text.clone(), parameter));
            }
        }
        if let (Some(name), Some(node)) = (set_elsewhere, fields.get("for_values")) {
            self.member(input.as_ref(), name, node.span.clone());
        }
        if let Some(Kind::Structure(structure)) = input.as_ref().map(ShapeRef::kind) {
            for member in structure.members().filter(|member| member.required()) {
                let name = member.name();
                if !with.iter().any(|(given, _)| given == name) && set_elsewhere != Some(name) {
                    let message = format!("operation `{}` needs the parameter `{name}`", operation.name());
                    let help = format!("add `with: {{ {name}: … }}`");
                    self.problems.error_with_help(
                        operation_span.clone(),
                        message,
                        "parameter missing",
                        Some(help),
                    );
                }
            }
        }
        with.sort_by(|a, b| a.0.cmp(&b.0));
        with
    }

    fn member(&mut self, shape: Option<&ShapeRef>, name: &str, span: Range<usize>) -> Option<ShapeRef> {
        let structure = match shape.map(ShapeRef::kind) {
            Some(Kind::Structure(structure)) => Some(structure),
            _ => None,
        };
        let found = structure
            .as_ref()
            .and_then(|structure| structure.member(name))
            .filter(|member| member.name() == name);
        if let Some(member) = found {
            return Some(member.shape());
        }
        let members = structure.iter().flat_map(|structure| structure.members());
        let help = did_you_mean(name, members.map(|member| member.name().as_str()));
        self.problems.error_with_help(
            span,
            format!("no parameter `{name}`"),
            "not in the API model",
            help,
        );
        None
    }

    fn parameter(&mut self, node: &Node, shape: Option<&ShapeRef>) -> Option<Parameter> {
        if let Content::Map(entries) = &node.content
            && let [(key, value)] = entries.as_slice()
            && key.text == "each"
        {
            let text = self.problems.text(value, "each")?;
            let template = read_template(value, &text, self.problems)?;
            self.templates.push(PendingTemplate {
                template: template.clone(),
                span: value.span.clone(),
            });
            self.each = true;
            return Some(Parameter::Each(template));
        }
        self.value(node, shape).map(Parameter::Template)
    }

    fn value(&mut self, node: &Node, shape: Option<&ShapeRef>) -> Option<TemplateValue> {
        let kind = shape.map(ShapeRef::kind);
        match (&node.content, kind) {
            (Content::List(items), None) => Some(TemplateValue::List(
                items.iter().filter_map(|item| self.value(item, None)).collect(),
            )),
            (Content::List(items), Some(Kind::List(element))) => {
                let items = items
                    .iter()
                    .filter_map(|item| self.value(item, Some(&element)))
                    .collect();
                Some(TemplateValue::List(items))
            }
            (Content::Map(entries), None | Some(Kind::Document)) => {
                let entries = entries
                    .iter()
                    .filter_map(|(key, item)| Some((key.text.clone(), self.value(item, None)?)));
                Some(TemplateValue::Map(entries.collect()))
            }
            (Content::Map(entries), Some(Kind::Map(value))) => {
                let value = Some(&value);
                let entries = entries
                    .iter()
                    .filter_map(|(key, item)| Some((key.text.clone(), self.value(item, value)?)));
                Some(TemplateValue::Map(entries.collect()))
            }
            (Content::Map(entries), Some(Kind::Structure(_))) => {
                let mut members = Vec::new();
                for (key, item) in entries {
                    let shape = self.member(shape, &key.text, key.span.clone());
                    members.extend(
                        self.value(item, shape.as_ref())
                            .map(|value| (key.text.clone(), value)),
                    );
                }
                Some(TemplateValue::Map(members))
            }
            (Content::Plain(_) | Content::Quoted(_), kind) => self.scalar(node, kind.as_ref()),
            (Content::List(_) | Content::Map(_), Some(kind)) => {
                let message = format!("parameter must be {}, found {}", name_of(&kind), node.kind());
                self.problems.error(
                    node.head(&self.problems.source().text.clone()),
                    message,
                    "wrong type",
                );
                None
            }
        }
    }

    fn scalar(&mut self, node: &Node, kind: Option<&Kind>) -> Option<TemplateValue> {
        let value = node.to_value();
        let template = match &value {
            Value::String(text) => Some(read_template(node, text, self.problems)?),
            _ => None,
        };
        let is_placeholder = template.as_ref().is_some_and(|template| {
            template.paths().next().is_some() || template.parent_paths().next().is_some()
        });
        let fits = is_placeholder
            || match kind {
                None | Some(Kind::Document) => true,
                Some(Kind::String | Kind::Timestamp | Kind::Blob) => template.is_some(),
                Some(Kind::Integer | Kind::Long) => matches!(value, Value::Int(_)),
                Some(Kind::Float | Kind::Double) => matches!(value, Value::Int(_) | Value::Float(_)),
                Some(Kind::Boolean) => matches!(value, Value::Bool(_)),
                Some(Kind::Structure(_) | Kind::List(_) | Kind::Map(_)) => false,
            };
        if let (false, Some(kind)) = (fits, kind) {
            let message = format!("parameter must be {}, found {}", name_of(kind), value.kind());
            self.problems.error(node.span.clone(), message, "wrong type");
            return None;
        }
        Some(match template {
            Some(template) => {
                self.templates.push(PendingTemplate {
                    template: template.clone(),
                    span: node.span.clone(),
                });
                TemplateValue::Text(template)
            }
            None => TemplateValue::Literal(value),
        })
    }
}

fn name_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Structure(_) | Kind::Map(_) => "a map",
        Kind::List(_) => "a list",
        Kind::String => "a text",
        Kind::Timestamp => "a timestamp in RFC 3339",
        Kind::Blob => "a text in base64",
        Kind::Integer | Kind::Long => "a whole number",
        Kind::Float | Kind::Double => "a number",
        Kind::Boolean => "`true` or `false`",
        Kind::Document => "a document",
    }
}
