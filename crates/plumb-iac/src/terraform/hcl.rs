//! From the text of a `.tf` or `.tfvars` file to the syntax tree.

use std::ops::Range;

use hcl_edit::expr::{BinaryOperator, Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::{BlockLabel, Structure};
use hcl_edit::template::{Directive, Element, Strip, Template};
use hcl_edit::{Ident, Span};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::interpolated::unescaped;
use super::rewrite::{Start, rewritten};
use super::syntax::{Attribute, Block, Body, Call, Expr, ExprKind, For, Operator, Part, Step};
use crate::place::{FileId, Place, Sources};

/// The largest file that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Reads a file; a syntax error makes the whole file unreadable.
///
/// # Errors
/// The syntax error with its place.
pub(crate) fn read(sources: &Sources, file: FileId) -> Result<Body, Diagnostic> {
    let Some(source) = sources.get(file) else {
        return Ok(Body::default());
    };
    if source.text.len() > MAX_BYTES {
        let message = format!(
            "`{}` is larger than {MAX_BYTES} bytes and was left out",
            source.name
        );
        return Err(Diagnostic::error(message).in_source(source));
    }
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let offset = source.text.len() - text.len();
    let body = parsed(text, Start::Body, hcl_edit::parser::parse_body).map_err(|error| {
        let at = error.location().offset() + offset;
        Diagnostic::error("this is not valid Terraform; the file was left out")
            .at(source, at..at + 1, error.message().replace('\n', "; "))
            .help("nothing of this file was judged; `terraform validate` tells more")
    })?;
    Ok(Reader { file, offset }.body(&body))
}

/// Reads a file in JSON syntax as one expression.
///
/// # Errors
/// The syntax error with its place.
pub(crate) fn read_json(sources: &Sources, file: FileId) -> Result<Expr, Diagnostic> {
    let nothing = || Expr {
        kind: ExprKind::Object(Vec::new()),
        place: None,
    };
    let Some(source) = sources.get(file) else {
        return Ok(nothing());
    };
    if source.text.len() > MAX_BYTES {
        let message = format!(
            "`{}` is larger than {MAX_BYTES} bytes and was left out",
            source.name
        );
        return Err(Diagnostic::error(message).in_source(source));
    }
    let text = source
        .text
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let offset = source.text.len() - text.len();
    let parsed =
        hcl_edit::parser::parse_expr(text.trim_end()).or_else(|error| match unescaped(text.trim_end()) {
            Some(text) => hcl_edit::parser::parse_expr(&text),
            None => Err(error),
        });
    let expression = parsed.map_err(|error| {
        let at = error.location().offset() + offset;
        Diagnostic::error("this is not valid Terraform in JSON syntax; the file was left out").at(
            source,
            at..at + 1,
            error.message().replace('\n', "; "),
        )
    })?;
    Ok(Reader { file, offset }.expression(&expression))
}

/// Reads an expression that stands alone, for example the value of `-var`.
pub(crate) fn read_expression(text: &str) -> Result<Expr, String> {
    let expression = parsed(text, Start::Expression, hcl_edit::parser::parse_expr)
        .map_err(|error| error.message().to_owned())?;
    Ok(Reader::nowhere().expression(&expression))
}

/// Reads a template that stands alone, as in `templatefile` and in JSON syntax.
pub(crate) fn read_template(text: &str) -> Result<Vec<Part>, String> {
    let template = parsed(text, Start::Template, hcl_edit::parser::parse_template)
        .map_err(|error| error.message().to_owned())?;
    Ok(Reader::nowhere().template(&template))
}

/// What the parser makes of the text, or of the text as it is rewritten for it.
fn parsed<T>(
    text: &str,
    start: Start,
    parser: impl Fn(&str) -> Result<T, hcl_edit::parser::Error>,
) -> Result<T, hcl_edit::parser::Error> {
    parser(text).or_else(|error| match rewritten(text, start) {
        Some(text) => parser(&text),
        None => Err(error),
    })
}

struct Reader {
    file: FileId,
    offset: usize,
}

impl Reader {
    /// Places of what stands in no file are left out.
    fn nowhere() -> Self {
        Self {
            file: FileId::NONE,
            offset: 0,
        }
    }

    fn place(&self, range: Option<Range<usize>>) -> Option<Place> {
        let range = range.filter(|_| self.file != FileId::NONE)?;
        Some(Place::new(
            self.file,
            range.start + self.offset..range.end + self.offset,
        ))
    }

    fn sure_place(&self, range: Option<Range<usize>>) -> Place {
        self.place(range).unwrap_or(Place::new(self.file, 0..0))
    }

    fn body(&self, body: &hcl_edit::structure::Body) -> Body {
        let mut read = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => read.attributes.push(Attribute {
                    name: text(attribute.key.value()),
                    value: self.expression(&attribute.value),
                    place: self.sure_place(attribute.span()),
                }),
                Structure::Block(block) => read.blocks.push(self.block(block)),
            }
        }
        read
    }

    fn block(&self, block: &hcl_edit::structure::Block) -> Block {
        let head = block.ident.span().map(|ident| {
            let last = block.labels.last().and_then(|label| match label {
                BlockLabel::Ident(ident) => ident.span(),
                BlockLabel::String(label) => label.span(),
            });
            ident.start..last.map_or(ident.end, |last| last.end)
        });
        Block {
            kind: text(block.ident.value()),
            labels: block
                .labels
                .iter()
                .map(|label| Text::from(label.as_str()))
                .collect(),
            body: self.body(&block.body),
            head: self.sure_place(head),
            whole: self.sure_place(block.span()),
        }
    }

    fn expression(&self, expression: &Expression) -> Expr {
        let kind = match expression {
            Expression::Null(_) => ExprKind::Null,
            Expression::Bool(value) => ExprKind::Bool(*value.value()),
            Expression::Number(number) => {
                let number = number.value();
                match number.as_i64() {
                    Some(int) => ExprKind::Int(int),
                    None => ExprKind::Float(number.as_f64().unwrap_or(f64::NAN)),
                }
            }
            Expression::String(value) => ExprKind::String(Text::from(value.as_str())),
            Expression::Array(items) => {
                ExprKind::List(items.iter().map(|item| self.expression(item)).collect())
            }
            Expression::Object(object) => ExprKind::Object(
                object
                    .iter()
                    .map(|(key, value)| (self.key(key), self.expression(value.expr())))
                    .collect(),
            ),
            Expression::StringTemplate(template) => self.string(template.iter()),
            Expression::HeredocTemplate(heredoc) => self.string(heredoc.template.iter()),
            Expression::Parenthesis(inner) => return self.expression(inner.inner()),
            Expression::Variable(name) => ExprKind::Variable(text(name.value())),
            Expression::Conditional(conditional) => ExprKind::Conditional(Box::new([
                self.expression(&conditional.cond_expr),
                self.expression(&conditional.true_expr),
                self.expression(&conditional.false_expr),
            ])),
            Expression::FuncCall(call) => {
                let mut name = String::new();
                for part in &call.name.namespace {
                    name.push_str(part.as_str());
                    name.push_str("::");
                }
                name.push_str(call.name.name.as_str());
                ExprKind::Call(Box::new(Call {
                    name: Text::from(name),
                    arguments: call
                        .args
                        .iter()
                        .map(|argument| self.expression(argument))
                        .collect(),
                    expands: call.args.expand_final(),
                }))
            }
            Expression::Traversal(traversal) => {
                let steps = traversal
                    .operators
                    .iter()
                    .map(|operator| self.step(operator.value()));
                ExprKind::Traversal(Box::new(self.expression(&traversal.expr)), steps.collect())
            }
            Expression::UnaryOp(operation) => {
                let operand = Box::new(self.expression(&operation.expr));
                match operation.operator.value() {
                    UnaryOperator::Not => ExprKind::Not(operand),
                    UnaryOperator::Neg => ExprKind::Negate(operand),
                }
            }
            Expression::BinaryOp(operation) => ExprKind::Binary(
                operator(*operation.operator.value()),
                Box::new([
                    self.expression(&operation.lhs_expr),
                    self.expression(&operation.rhs_expr),
                ]),
            ),
            Expression::ForExpr(each) => ExprKind::For(Box::new(For {
                key: each.intro.key_var.as_ref().map(|name| text(name.value())),
                value: text(each.intro.value_var.value()),
                collection: self.expression(&each.intro.collection_expr),
                result_key: each.key_expr.as_ref().map(|key| self.expression(key)),
                result: self.expression(&each.value_expr),
                groups: each.grouping,
                condition: each
                    .cond
                    .as_ref()
                    .map(|condition| self.expression(&condition.expr)),
            })),
        };
        Expr {
            kind,
            place: self.place(expression.span()),
        }
    }

    fn key(&self, key: &ObjectKey) -> Expr {
        match key {
            ObjectKey::Ident(name) => Expr {
                kind: ExprKind::String(text(name.value())),
                place: self.place(name.span()),
            },
            // A bare name is a key, one in parentheses a variable.
            ObjectKey::Expression(Expression::Variable(name)) => Expr {
                kind: ExprKind::String(text(name.value())),
                place: self.place(name.span()),
            },
            ObjectKey::Expression(key) => self.expression(key),
        }
    }

    fn step(&self, operator: &TraversalOperator) -> Step {
        match operator {
            TraversalOperator::AttrSplat(_) => Step::AttributeSplat,
            TraversalOperator::FullSplat(_) => Step::FullSplat,
            TraversalOperator::GetAttr(name) => Step::Key(text(name.value())),
            TraversalOperator::Index(index) => Step::Index(self.expression(index)),
            TraversalOperator::LegacyIndex(index) => Step::Index(Expr {
                kind: ExprKind::Int(i64::try_from(*index.value()).unwrap_or(i64::MAX)),
                place: None,
            }),
        }
    }

    fn string<'e>(&self, elements: impl Iterator<Item = &'e Element>) -> ExprKind {
        let mut parts = self.parts(elements);
        match parts.as_mut_slice() {
            [] => ExprKind::String(Text::default()),
            [Part::Literal(literal)] => ExprKind::String(std::mem::take(literal)),
            _ => ExprKind::Template(parts),
        }
    }

    fn template(&self, template: &Template) -> Vec<Part> {
        self.parts(template.iter())
    }

    /// The parts with the spaces stripped that `~` asks for.
    fn parts<'e>(&self, elements: impl Iterator<Item = &'e Element>) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        let mut strip_next = false;
        for element in elements {
            let (part, strip) = match element {
                Element::Literal(literal) => {
                    let literal = literal.as_str();
                    let literal = if strip_next { literal.trim_start() } else { literal };
                    strip_next = false;
                    parts.push(Part::Literal(Text::from(literal)));
                    continue;
                }
                Element::Interpolation(interpolation) => (
                    Part::Value(self.expression(&interpolation.expr)),
                    interpolation.strip,
                ),
                Element::Directive(directive) => self.directive(directive),
            };
            if strip.strip_start() {
                trim_last(&mut parts);
            }
            strip_next = strip.strip_end();
            parts.push(part);
        }
        parts
    }

    /// The part, and what it strips around itself.
    fn directive(&self, directive: &Directive) -> (Part, Strip) {
        let around = |first: Strip, last: Strip| match (first.strip_start(), last.strip_end()) {
            (true, true) => Strip::Both,
            (true, false) => Strip::Start,
            (false, true) => Strip::End,
            (false, false) => Strip::None,
        };
        match directive {
            Directive::If(directive) => {
                let last = directive.endif_expr.strip;
                let mut yes = self.template(&directive.if_expr.template);
                let mut no = Vec::new();
                let ends_yes = directive
                    .else_expr
                    .as_ref()
                    .map_or(last, |otherwise| otherwise.strip);
                trim(&mut yes, directive.if_expr.strip, ends_yes);
                if let Some(otherwise) = &directive.else_expr {
                    no = self.template(&otherwise.template);
                    trim(&mut no, otherwise.strip, last);
                }
                let condition = self.expression(&directive.if_expr.cond_expr);
                let part = Part::If { condition, yes, no };
                (part, around(directive.if_expr.strip, last))
            }
            Directive::For(directive) => {
                let intro = &directive.for_expr;
                let last = directive.endfor_expr.strip;
                let mut body = self.template(&intro.template);
                trim(&mut body, intro.strip, last);
                let part = Part::For {
                    key: intro.key_var.as_ref().map(|name| text(name.value())),
                    value: text(intro.value_var.value()),
                    collection: self.expression(&intro.collection_expr),
                    body,
                };
                (part, around(intro.strip, last))
            }
        }
    }
}

/// Strips the inner side of the tags around a template.
fn trim(parts: &mut [Part], opening: Strip, closing: Strip) {
    if opening.strip_end()
        && let Some(Part::Literal(literal)) = parts.first_mut()
    {
        *literal = Text::from(literal.trim_start());
    }
    if closing.strip_start() {
        trim_last(parts);
    }
}

fn trim_last(parts: &mut [Part]) {
    if let Some(Part::Literal(literal)) = parts.last_mut() {
        *literal = Text::from(literal.trim_end());
    }
}

fn text(name: &Ident) -> Text {
    Text::from(name.as_str())
}

fn operator(operator: BinaryOperator) -> Operator {
    match operator {
        BinaryOperator::Eq => Operator::Equal,
        BinaryOperator::NotEq => Operator::NotEqual,
        BinaryOperator::LessEq => Operator::LessOrEqual,
        BinaryOperator::GreaterEq => Operator::GreaterOrEqual,
        BinaryOperator::Less => Operator::Less,
        BinaryOperator::Greater => Operator::Greater,
        BinaryOperator::Plus => Operator::Plus,
        BinaryOperator::Minus => Operator::Minus,
        BinaryOperator::Mul => Operator::Times,
        BinaryOperator::Div => Operator::Divide,
        BinaryOperator::Mod => Operator::Modulo,
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
    }
}
