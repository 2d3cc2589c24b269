//! `RuleText`: a rule as a YAML file holds it, able to point from a place in the rule to the place in the file.

use std::ops::Range;
use std::sync::Arc;

use plumb_expr::{Declarations, Expected, Problem, Program};
use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_model::value::Text;

use crate::node::Node;

/// The source text of a rule and where its lines stand in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleText {
    /// The rule, line breaks included.
    pub text: Text,
    /// Where the rule stands in the file.
    pub span: Range<usize>,
    /// Pieces of the rule that stand in the file as they are, in order; empty when the mapping is not known.
    pieces: Vec<Piece>,
}

/// `len` bytes that are the same at both places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    in_rule: usize,
    in_file: usize,
    len: usize,
}

impl RuleText {
    /// A rule that stands in a scalar of a file.
    pub(crate) fn of(node: &Node, text: &Text, file: &str) -> Self {
        Self {
            text: text.clone(),
            span: node.span.clone(),
            pieces: align(text, file, &node.span).unwrap_or_default(),
        }
    }

    /// Compiles the rule.
    ///
    /// # Errors
    /// One diagnostic per problem, pointing into the file where that is possible. `title` names the rule for the case that
    /// it is not, for example `rule of s3-bucket-encryption-required`.
    pub fn compile(
        &self,
        source: &Arc<Source>,
        title: &str,
        declarations: &dyn Declarations,
        expected: Expected,
    ) -> Result<Program, Vec<Diagnostic>> {
        Program::compile(&self.text, declarations, expected).map_err(|problems| {
            problems
                .into_iter()
                .map(|problem| self.diagnostic(source, title, problem))
                .collect()
        })
    }

    fn diagnostic(&self, source: &Arc<Source>, title: &str, problem: Problem) -> Diagnostic {
        let diagnostic = match self.in_file(&problem.span) {
            Some(span) => Diagnostic::error(problem.message).at(source, span, problem.label),
            None => {
                let name = format!("{} ({title})", source.name);
                let rule = Arc::new(Source {
                    name,
                    text: self.text.to_string(),
                });
                Diagnostic::error(problem.message).at(&rule, problem.span, problem.label)
            }
        };
        Diagnostic {
            help: problem.help,
            ..diagnostic
        }
    }

    /// The place in the file of a range of the rule; cut to its first line when it spans several.
    fn in_file(&self, span: &Range<usize>) -> Option<Range<usize>> {
        // The end of the rule, where a problem such as a missing operand stands, belongs to the last piece.
        let piece = self
            .pieces
            .iter()
            .rev()
            .find(|piece| piece.in_rule <= span.start)?;
        let offset = (span.start - piece.in_rule).min(piece.len);
        let length = span.len().min(piece.len - offset);
        let start = piece.in_file + offset;
        Some(start..start + length)
    }
}

/// YAML joins the lines of a scalar and takes their indentation away, so each line of the file, without the space around
/// it, must follow in the rule after nothing but space. Escapes break that, and then there is no mapping.
fn align(rule: &str, file: &str, span: &Range<usize>) -> Option<Vec<Piece>> {
    let raw = file.get(span.clone())?;
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut line_start = span.start;
    for (number, line) in raw.split_inclusive('\n').enumerate() {
        let in_file = line_start + (line.len() - line.trim_start().len());
        let mut content = line.trim();
        line_start += line.len();
        let mut quoted = 0;
        if number == 0 {
            if content.starts_with(['|', '>']) {
                continue;
            }
            if let Some(rest) = content.strip_prefix(['"', '\'']) {
                content = rest;
                quoted = 1;
            }
        }
        let rest = rule.get(at..)?;
        let skipped = rest.len() - rest.trim_start().len();
        let begin = at + skipped;
        if !rest.trim_start().starts_with(content) {
            content = content.strip_suffix(['"', '\''])?;
            if !rest.trim_start().starts_with(content) {
                return None;
            }
        }
        if content.is_empty() {
            continue;
        }
        pieces.push(Piece {
            in_rule: begin,
            in_file: in_file + quoted,
            len: content.len(),
        });
        at = begin + content.len();
    }
    rule.get(at..)?.trim().is_empty().then_some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Content;
    use crate::yaml::parse;

    /// Every word of the rule maps to the same word in the file; `None` when there is no mapping.
    fn mapped(file: &str) -> Option<String> {
        let source = Arc::new(Source {
            name: "x.yaml".to_owned(),
            text: file.to_owned(),
        });
        let node = parse(&source).unwrap();
        let Content::Map(entries) = &node.content else {
            panic!("{node:?}")
        };
        let (_, node) = entries.iter().find(|(key, _)| key.text == "rule").unwrap();
        let rule = RuleText::of(node, node.text().unwrap(), file);
        let mut words = Vec::new();
        for word in rule.text.split_whitespace() {
            let start = rule.text.find(word).unwrap();
            words.push(file.get(rule.in_file(&(start..start + word.len()))?)?);
        }
        Some(words.join(" "))
    }

    #[test]
    fn words_are_found_in_the_file_in_every_scalar_style() {
        for file in [
            "rule: alpha == beta\nx: 1\n",
            "rule: 'alpha == beta'\n",
            "rule: \"alpha == beta\"\n",
            "rule: |\n  alpha ==\n    beta\n",
            "a: 1\nrule: >-\n    alpha\n    == beta\n\nx: 1\n",
            "rule: alpha ==\n  beta\n",
            "rule: |  # ü comment\n\n  alpha == beta\n",
        ] {
            assert_eq!(mapped(file).as_deref(), Some("alpha == beta"), "{file}");
        }
    }

    #[test]
    fn escapes_have_no_mapping() {
        assert_eq!(mapped("rule: \"alpha\\x20== beta\"\n"), None);
        assert_eq!(mapped("rule: 'alpha == ''beta'''\n"), None);
    }
}
