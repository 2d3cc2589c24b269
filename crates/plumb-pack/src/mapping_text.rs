//! Reading of the short texts in mappings: paths of arguments and templates over them.

use plumb_model::value::Text;

use crate::mapping::{ArgumentPath, ArgumentTemplate, Start, TemplatePart, TemplateSource};

const MAX_STEPS: usize = 16;

/// How many maps within each other a path goes through.
const MAX_ENTRIES: usize = 2;

impl ArgumentPath {
    /// The last step of a path to the entries of a map, each of them as a document of `key` and `value`; twice for the entries of
    /// each entry, whose own key is `of`.
    pub const ENTRIES: &str = "*";

    /// Reads `a.b`, `.` for the element at hand, `^.a` for an argument of the block, `a.*` for the entries of a map, `a.*.*` for theirs.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (from, rest) = match text.strip_prefix('^') {
            Some("") => return Some(Self::whole(Start::Block)),
            Some(rest) => (Start::Block, rest.strip_prefix('.')?),
            None if text == "." => return Some(Self::whole(Start::Here)),
            None => (Start::Here, text),
        };
        let mut names = rest;
        let mut entries = 0;
        while let Some(shorter) = names.strip_suffix(".*").filter(|_| entries < MAX_ENTRIES) {
            names = shorter;
            entries += 1;
        }
        let mut steps: Vec<Text> = names.split('.').map(Text::from).collect();
        let is_name = |step: &Text| {
            !step.is_empty()
                && step
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '$'))
        };
        let is_path = steps.len() < MAX_STEPS && steps.iter().all(is_name);
        steps.extend(std::iter::repeat_n(Text::new_static(Self::ENTRIES), entries));
        is_path.then_some(Self { from, steps })
    }

    fn whole(from: Start) -> Self {
        Self {
            from,
            steps: Vec::new(),
        }
    }
}

impl ArgumentTemplate {
    /// Reads `arn:{partition}:s3:::{bucket|address}`, with `{type=network 'net'|'app'}` for texts that depend on an argument.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (literal, from_brace) = rest.split_at(at);
            if !literal.is_empty() {
                parts.push(TemplatePart::Literal(Text::from(literal)));
            }
            let (inside, after) = from_brace.strip_prefix('{')?.split_once('}')?;
            let sources: Option<Vec<_>> = inside.split('|').map(source).collect();
            parts.push(TemplatePart::FirstOf(sources?));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(TemplatePart::Literal(Text::from(rest)));
        }
        (!parts.is_empty()).then_some(Self(parts))
    }
}

fn source(text: &str) -> Option<TemplateSource> {
    Some(match text {
        "address" => TemplateSource::Address,
        "label" => TemplateSource::Label,
        "region" => TemplateSource::Region,
        "account" => TemplateSource::Account,
        "partition" => TemplateSource::Partition,
        "index" => TemplateSource::Index,
        _ => match text.strip_suffix('\'').and_then(|text| text.split_once('\'')) {
            Some(("", fixed)) => TemplateSource::Fixed(Text::from(fixed)),
            Some((condition, chosen)) => {
                let (argument, value) = condition.strip_suffix(' ')?.split_once('=')?;
                TemplateSource::Chosen {
                    argument: ArgumentPath::parse(argument)?,
                    value: Text::from(value),
                    text: Text::from(chosen),
                }
            }
            None => TemplateSource::Argument(ArgumentPath::parse(text)?),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_path_or_a_template_is_refused() {
        for text in [
            "",
            "a..b",
            "a.",
            "^a",
            "a b",
            "{a}",
            "*",
            "a.*.b",
            "a.*.*.*",
            &"a.".repeat(40),
        ] {
            assert_eq!(ArgumentPath::parse(text), None, "{text}");
        }
        for text in [
            "", "{", "a}", "{}", "{a|}", "{a{b}}", "{a=b}", "{a='b'}", "{a 'b'}", "{'b}", "{b'}",
        ] {
            assert_eq!(ArgumentTemplate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn templates_are_written_as_they_are_read() {
        for text in [
            "arn:{partition}:s3:::{bucket|address}",
            "{type=network 'net'|a.b=c 'd'|'app'}/{region}{account}{label}{index}",
        ] {
            assert_eq!(ArgumentTemplate::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn paths_begin_at_the_element_or_at_the_block() {
        let parse = |text: &str| ArgumentPath::parse(text).unwrap();
        assert_eq!(parse("."), ArgumentPath::default());
        assert_eq!(parse("a.b").steps, ["a", "b"]);
        assert_eq!(parse("a.*").steps, ["a", ArgumentPath::ENTRIES]);
        assert_eq!(
            parse("a.*.*").steps,
            ["a", ArgumentPath::ENTRIES, ArgumentPath::ENTRIES]
        );
        assert_eq!((parse("^.a").from, parse("^.a").steps.len()), (Start::Block, 1));
        assert_eq!((parse("^").from, parse("^").steps.len()), (Start::Block, 0));
    }
}
