//! Suppressions: what authors of code say of a failure that they accept, where it stands.
//!
//! They are read from comments, from `"//"` properties of JSON and from `Metadata` of templates, in Plumb's own words and in
//! those of Checkov, tfsec and Trivy. INVARIANT: one that is not understood suppresses nothing, and is told.

mod apply;
mod comment;
mod idle;
mod markup;
mod notation;
pub(crate) mod outline;

use std::ops::Range;

use jiff::civil::Date;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

pub use self::apply::{Idle, apply};
pub use self::notation::Notation;
use self::notation::{Breadth, Directive};
use self::outline::Outline;
use crate::place::{FileId, Place, Sources};

/// The most suppressions of one file.
const MAX_PER_FILE: usize = 2_000;

/// What somebody says of failures in code.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppression {
    /// In whose words.
    pub notation: Notation,
    /// The policies, as their author calls them; `*` for all, where the notation has it.
    pub names: Vec<Text>,
    /// The first day on which it no longer holds.
    pub until: Option<Date>,
    /// Why; empty when nothing is said.
    pub reason: Text,
    /// The words themselves.
    pub words: Place,
    /// What they speak of: failures of what stands there, is set there or is called from there.
    pub reach: Place,
    /// What its author may not know of it: above which argument it stands, and that it speaks of that alone.
    pub narrow: Option<Text>,
    /// The block around it, when a count or condition says how often there is one, perhaps never.
    pub repeated: Option<Place>,
}

/// The suppressions of all files, in the order of files and places, and what is wrong with those that were not understood.
///
/// What stands in installed modules of others (`.terraform`) is not their decision, and passed over.
pub fn read(sources: &Sources) -> (Vec<Suppression>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for (file, source) in sources.iter() {
        let installed = source.name.split('/').any(|part| part == ".terraform");
        if installed || !notation::may_be_in(&source.text) {
            continue;
        }
        let before = found.len();
        for spoken in spoken(sources, file) {
            if found.len() - before >= MAX_PER_FILE {
                let message = format!(
                    "only the first {MAX_PER_FILE} suppressions of `{}` are taken",
                    source.name
                );
                problems.push(
                    Diagnostic::warning(message).help("accept risks of whole accounts in an estate file"),
                );
                break;
            }
            match spoken.understood(file) {
                Ok(suppression) => found.push(suppression),
                Err((place, message)) => problems.push(
                    Diagnostic::warning(message)
                        .at(source, place, "suppresses nothing")
                        .help("write `plumb:ignore POLICY[,POLICY] [until=YYYY-MM-DD] reason=…`, and the reason last"),
                ),
            }
        }
    }
    (found, problems)
}

/// A directive with where it stands and what it speaks of.
struct Spoken {
    directive: Directive,
    words: Range<usize>,
    reach: Option<Range<usize>>,
    narrow: Option<Text>,
    repeated: Option<Range<usize>>,
}

impl Spoken {
    fn understood(self, file: FileId) -> Result<Suppression, (Range<usize>, String)> {
        let directive = self.directive;
        if let Some(fault) = directive.fault {
            return Err((self.words, fault));
        }
        let Some(reach) = self.reach else {
            return Err((self.words, "this suppression stands above nothing".to_owned()));
        };
        Ok(Suppression {
            notation: directive.notation,
            names: directive.names,
            until: directive.until,
            reason: directive.reason,
            words: Place::new(file, self.words),
            reach: Place::new(file, reach),
            narrow: self.narrow,
            repeated: self.repeated.map(|block| Place::new(file, block)),
        })
    }
}

/// Everything that a file says, in the order of its places.
fn spoken(sources: &Sources, file: FileId) -> Vec<Spoken> {
    let Some(source) = sources.get(file) else {
        return Vec::new();
    };
    let Some(outline) = Outline::of(sources, file) else {
        return Vec::new();
    };
    let mut found: Vec<Spoken> = outline
        .said
        .iter()
        .flat_map(|said| {
            let directives = match &said.directive {
                Some(directive) => vec![directive.clone()],
                None => notation::directives(&said.text),
            };
            directives.into_iter().map(|directive| Spoken {
                reach: Some(match directive.breadth {
                    Breadth::File => 0..source.text.len(),
                    Breadth::Here => said.reach.clone(),
                }),
                directive,
                words: said.words.clone(),
                narrow: None,
                repeated: outline.repeated(&said.reach),
            })
        })
        .collect();
    for comment in &outline.comments {
        let text = source.text.get(comment.words.clone()).unwrap_or_default();
        for (line, offset) in lines(text) {
            for directive in notation::directives(line) {
                let start = comment.words.start + offset;
                let (reach, narrow) = match directive.breadth {
                    Breadth::File => (Some(0..source.text.len()), None),
                    Breadth::Here => outline.meant(comment, directive.notation),
                };
                found.push(Spoken {
                    directive,
                    words: start..start + line.len(),
                    repeated: reach.as_ref().and_then(|reach| outline.repeated(reach)),
                    reach,
                    narrow,
                });
            }
        }
    }
    found.sort_by_key(|spoken| spoken.words.start);
    found
}

/// The lines of a comment without the stars that lead them, each with where it begins.
fn lines(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut start = 0;
    text.split('\n').map(move |line| {
        let here = start;
        start += line.len() + 1;
        let trimmed = line.trim_start_matches([' ', '\t', '*']);
        (trimmed.trim_end(), here + line.len() - trimmed.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each suppression with the text that it speaks of, in one line, and each problem.
    fn check(name: &str, text: &str, expected: &[&str]) {
        let mut sources = Sources::default();
        let text = &format!("{text}\n");
        sources.add(name, text.as_str());
        let (found, problems) = read(&sources);
        let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut shown: Vec<String> = found
            .iter()
            .map(|found| {
                let narrow = found
                    .narrow
                    .as_ref()
                    .map_or(String::new(), |narrow| format!(" ({narrow} alone)"));
                let reach = if found.reach.range() == (0..text.len()) {
                    "the file".to_owned()
                } else {
                    squeeze(text.get(found.reach.range()).unwrap())
                };
                format!("{}{narrow}: {reach}", found.names.join(","))
            })
            .collect();
        shown.extend(problems.iter().map(|problem| format!("! {}", problem.message)));
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn a_comment_speaks_of_what_it_stands_at() {
        let cases: [(&str, &[&str]); 13] = [
            ("# plumb:ignore a reason=x\nb \"c\" {\n}", &["a: b \"c\" { }"]),
            (
                "# plumb:ignore a\n# plumb:ignore d\nb \"c\" {\n}",
                &["a: b \"c\" { }", "d: b \"c\" { }"],
            ),
            ("# plumb:ignore a\n# why\nb {\n}\nc {\n}", &["a: b { }"]),
            (
                "# plumb:ignore a\n\nb {\n}",
                &["! this suppression stands above nothing"],
            ),
            (
                "b { # plumb:ignore a\n  x = 1\n}",
                &["a: b { # plumb:ignore a x = 1 }"],
            ),
            ("b {\n  # plumb:ignore a\n  x = 1\n}", &["a (x alone): x = 1"]),
            (
                "b {\n  x = 1 // plumb:ignore a\n  y = 2\n}",
                &["a (x alone): x = 1"],
            ),
            (
                "b {\n  x = [\n    1,\n  ] # plumb:ignore a\n}",
                &["a (x alone): x = [ 1, ]"],
            ),
            (
                "b {\n  x = [ # plumb:ignore a\n    1,\n  ]\n}",
                &["a (x alone): x = [ # plumb:ignore a 1, ]"],
            ),
            (
                "b {\n  x = 1\n  # plumb:ignore a\n}",
                &["a: b { x = 1 # plumb:ignore a }"],
            ),
            (
                "b {\n  /* plumb:ignore a\n   * plumb:ignore c\n   */\n  n {\n    x = 1\n  }\n}",
                &["a: n { x = 1 }", "c: n { x = 1 }"],
            ),
            ("# plumb:ignore-file a\n\nb {\n}\n", &["a: the file"]),
            ("b {\n  x = <<EOT\n# plumb:ignore a\nEOT\n}", &[]),
        ];
        for (text, expected) in cases {
            check("main.tf", text, expected);
        }
    }

    #[test]
    fn other_tools_comments_reach_as_far_as_theirs() {
        let cases: [(&str, &[&str]); 4] = [
            (
                "b {\n  #checkov:skip=CKV_AWS_1:why\n  x = 1\n}",
                &["CKV_AWS_1: b { #checkov:skip=CKV_AWS_1:why x = 1 }"],
            ),
            ("#checkov:skip=CKV_AWS_1\nb {\n}", &["CKV_AWS_1: b { }"]),
            ("b {\n  #tfsec:ignore:one\n  x = 1\n}", &["one (x alone): x = 1"]),
            (
                "#trivy:ignore:one[a=b]\nb {\n}",
                &["! the condition `[a=b]` of this suppression is not understood"],
            ),
        ];
        for (text, expected) in cases {
            check("main.tf", text, expected);
        }
    }

    #[test]
    fn templates_have_comments_and_metadata() {
        let yaml = "Resources:\n  # plumb:ignore a\n  Logs:\n    Type: T\n  Data:\n    Metadata:\n      plumb: { ignore: [ b reason=x, { policy: c, until: 2027-01-31, reason: y } ] }\n      checkov:\n        skip:\n        - { id: CKV_AWS_1, comment: z }\n    Properties:\n      # checkov:skip=CKV_AWS_2\n      Name: \"# plumb:ignore no\"\n      Text: |\n        # plumb:ignore no\n      Open: true # plumb:ignore d\n";
        let data = "Data: Metadata: plumb: { ignore: [ b reason=x, { policy: c, until: 2027-01-31, reason: y } ] } checkov: skip: - { id: CKV_AWS_1, comment: z } Properties: # checkov:skip=CKV_AWS_2 Name: \"# plumb:ignore no\" Text: | # plumb:ignore no Open: true";
        let speaks = |name: &str| format!("{name}: {data}");
        check(
            "template.yaml",
            yaml,
            &[
                "a: Logs: Type: T",
                &speaks("b"),
                &speaks("c"),
                &speaks("CKV_AWS_1"),
                &speaks("CKV_AWS_2"),
                "d (Open alone): Open: true",
            ],
        );
    }

    #[test]
    fn manifests_have_comments_and_annotations() {
        let yaml = "# plumb:ignore a reason=x\n---\napiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata:\n  annotations:\n    checkov.io/skip1: CKV_AWS_1=why not\n    plumb/ignore: b,c until=2027-01-31 reason=y\n---\n# plumb:ignore d\napiVersion: v1\nkind: List\nitems:\n# plumb:ignore e\n- apiVersion: v1\n  kind: Pod\n  spec:\n    x: 1 # plumb:ignore f\n- apiVersion: v1\n  kind: Job\n";
        let bucket = "apiVersion: s3.aws.upbound.io/v1beta1 kind: Bucket metadata: annotations: checkov.io/skip1: CKV_AWS_1=why not plumb/ignore: b,c until=2027-01-31 reason=y";
        let pod = "apiVersion: v1 kind: Pod spec: x: 1";
        check(
            "a.yaml",
            yaml,
            &[
                &format!("a: {bucket}"),
                &format!("CKV_AWS_1: {bucket}"),
                &format!("b,c: {bucket}"),
                &format!("e: {pod}"),
                "f (x alone): x: 1",
                "! this suppression stands above nothing",
            ],
        );
    }

    #[test]
    fn json_has_properties_for_comments() {
        let text = r#"{"resource": {"aws_s3_bucket": {"b": {"//": "plumb:ignore a reason=x", "bucket": "b"}}}, "//": ["other words", "plumb:ignore c"]}"#;
        check(
            "main.tf.json",
            text,
            &[
                r#"a: "b": {"//": "plumb:ignore a reason=x", "bucket": "b"}"#,
                "c: the file",
            ],
        );
    }

    #[test]
    fn json_of_arm_has_comments() {
        let text = r#"{
  // plumb:ignore-file f
  "resources": [
    // plumb:ignore a reason=x
    { "name": "a" },
    {
      "name": "b", // plumb:ignore b
      "text": "// plumb:ignore c",
      /* plumb:ignore d */
      "properties": { "e": 1 }
    }
  ]
}"#;
        let b = "a: { \"name\": \"a\" }";
        check(
            "azuredeploy.json",
            text,
            &[
                "f: the file",
                b,
                "b (name alone): \"name\": \"b\"",
                "d: \"properties\": { \"e\": 1 }",
            ],
        );
    }

    #[test]
    fn installed_modules_of_others_accept_nothing() {
        check(".terraform/modules/x/main.tf", "# plumb:ignore a\nb {\n}", &[]);
        check("broken.tf", "# plumb:ignore a\nb {", &[]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_to_its_end(parts in proptest::collection::vec(part(), 0..40)) {
            let text = parts.concat();
            for name in ["a.tf", "a.tf.json", "a.yaml", "a.json", "a.tfvars"] {
                let mut sources = Sources::default();
                sources.add(name, text.as_str());
                let (found, problems) = read(&sources);
                for suppression in &found {
                    for place in [suppression.words, suppression.reach] {
                        proptest::prop_assert!(text.get(place.range()).is_some(), "{suppression:?}");
                    }
                }
                for problem in problems {
                    proptest::prop_assert!(!problem.to_string().is_empty());
                }
            }
        }
    }

    /// Pieces of code and comments, and some other text.
    fn part() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::strategy::Strategy as _;
        let pieces = [
            "# plumb:ignore a reason=é\n",
            "/* plumb:ignore b",
            "*/",
            "\n",
            "b {\n",
            "}\n",
            "x = \"",
            "\"",
            "${",
            "}",
            "<<EOT\n",
            "EOT\n",
            "//trivy:ignore:a:exp:",
            "2026-01-01",
            "#checkov:skip=A:",
            "Metadata:\n",
            "  plumb: { ignore: [",
            "]}",
            "- &a [",
            "*a",
            "{\"//\": \"plumb:ignore c\"",
            ",",
            ":",
            "  ",
        ];
        let piece = proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned);
        proptest::prop_oneof![9 => piece, 1 => "\\PC{0,5}"]
    }

    #[test]
    fn a_file_has_so_many_suppressions_and_no_more() {
        let text = "# plumb:ignore a\nb {\n}\n".repeat(MAX_PER_FILE + 1);
        let mut sources = Sources::default();
        sources.add("main.tf", text);
        let (found, problems) = read(&sources);
        assert_eq!((found.len(), problems.len()), (MAX_PER_FILE, 1));
    }
}
