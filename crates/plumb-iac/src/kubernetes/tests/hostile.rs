//! Manifests that are broken, huge or no manifests at all.

use super::{check, reading, shown};

#[test]
fn templates_are_told_once() {
    let chart = "{{- if .Values.bucket }}\napiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata:\n  name: {{ .Release.Name }}\n{{- end }}\n";
    let shown = shown(&[("templates/a.yaml", chart), ("templates/b.yaml", chart)]);
    assert_eq!(shown, "! 2 manifests are templates, which are not evaluated\n");
}

#[test]
fn values_that_a_template_fills_in_are_unknown() {
    check(
        "apiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata: { name: \"{{ .Release.Name }}\" }\nspec: { forProvider: { forceDestroy: '{{ .Values.force }}' } }\n",
        "crossplane a.yaml\n  Bucket.s3 aws_s3_bucket {force_destroy: ?(a template fills it in)}\n",
    );
}

#[test]
fn what_stands_before_a_fault_is_read() {
    let good = "apiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata: { name: b }\n";
    let shown = shown(&[("a.yaml", &format!("{good}---\na: [\n"))]);
    assert!(
        shown.starts_with("crossplane a.yaml\n  Bucket.s3.b aws_s3_bucket"),
        "{shown}"
    );
    assert!(shown.contains("! malformed manifest: "), "{shown}");
}

#[test]
fn anchors_hold_within_a_document_and_do_not_explode() {
    let unheard = "apiVersion: &v s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata: { name: b }\n---\napiVersion: *v\n";
    let shown_unheard = shown(&[("a.yaml", unheard)]);
    assert!(shown_unheard.contains("! alias"), "{shown_unheard}");
    let mut bomb = String::from(
        "apiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata: { name: b }\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n",
    );
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let (reading, _) = reading(&[("a.yaml", &bomb)]);
    assert!(!reading.problems.is_empty());
}

#[test]
fn a_selector_stands_for_so_many_objects_and_no_more() {
    let group = |at: usize| {
        format!(
            "---\napiVersion: ec2.aws.upbound.io/v1beta1\nkind: SecurityGroup\nmetadata: {{ name: g{at}, labels: {{ a: b }} }}\n"
        )
    };
    let function = "apiVersion: lambda.aws.upbound.io/v1beta2\nkind: Function\nmetadata: { name: f }\nspec: { forProvider: { vpcConfig: { securityGroupIdSelector: { matchLabels: { a: b } } } } }\n";
    for (count, is_known) in [(400, true), (600, false)] {
        let groups: String = (0..count).map(group).collect();
        let shown = shown(&[("a.yaml", &format!("{function}{groups}"))]);
        let why = "?(the selector stands for too many objects)";
        assert_eq!(shown.contains(why), !is_known, "{count}");
    }
}

#[test]
fn warnings_do_not_hide_errors() {
    let warned =
        "apiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata: { name: b }\nspec: { a: 1, a: 2 }\n";
    let mut files: Vec<(String, String)> = (0..300)
        .map(|at| (format!("{at}.yaml"), warned.to_owned()))
        .collect();
    files.push(("z.yaml".to_owned(), format!("{warned}---\na: [")));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let (reading, _) = reading(&files);
    let errors = reading
        .problems
        .iter()
        .filter(|problem| problem.level == plumb_model::diagnostic::Level::Error);
    assert_eq!((errors.count(), reading.problems.len()), (1, 200));
}

#[test]
fn what_is_no_object_is_passed_over() {
    let texts = [
        "apiVersion: s3.aws.upbound.io/v1\n",
        "apiVersion: [s3.aws.upbound.io/v1]\nkind: Bucket\n",
        "apiVersion: s3.aws.upbound.io/v1\nkind: { a: b }\n",
        "- s3.aws.upbound.io/v1\n",
        "s3.aws.upbound.io/v1",
        "apiVersion: aws.upbound.io/v1beta1\nkind: ProviderConfig\nmetadata: { name: default }\n",
    ];
    for text in texts {
        let (reading, _) = reading(&[("a.yaml", text)]);
        assert_eq!((reading.stacks.len(), reading.problems.len()), (0, 0), "{text}");
    }
}

#[test]
fn tags_of_yaml_are_no_functions() {
    check(
        "apiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\nmetadata: { name: b }\nspec: { forProvider: { acl: !Ref x } }\n",
        "crossplane a.yaml\n  Bucket.s3.b aws_s3_bucket {acl: ?(unknown tag `!Ref`), bucket: \"b\"}\n! unknown tag `!Ref`\n",
    );
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_to_its_end(parts in proptest::collection::vec(part(), 0..40)) {
        let text = parts.concat();
        let (reading, sources) = reading(&[("a.yaml", &text), ("x/kustomization.yaml", &text)]);
        for block in reading.stacks.iter().flat_map(|stack| &stack.blocks) {
            for place in [block.head, block.whole] {
                let source = sources.get(place.file).unwrap();
                proptest::prop_assert!(source.text.get(place.range()).is_some(), "{block:?}");
            }
        }
    }
}

/// Pieces of manifests, and some other text.
fn part() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::strategy::Strategy as _;
    let pieces = [
        "apiVersion: s3.aws.upbound.io/v1beta1\n",
        "apiVersion: ec2.services.k8s.aws/v1alpha1\n",
        "kind: Bucket\n",
        "kind: SubnetList\nitems:\n- ",
        "metadata: { name: b, labels: { a: b } }\n",
        "spec:\n  forProvider:\n",
        "    bucketRef: { name: b }\n",
        "    bucketSelector: { matchLabels: { a: b } }\n",
        "    rule: [ { x: é } ]\n",
        "  vpcRef: { from: { name: b } }\n",
        "patches:\n- path: a.yaml\n",
        "  target: { kind: Bucket }\n",
        "- patch: '[ { path: /spec/a~1b/0 } ]'\n",
        "---\n",
        "{{ x }}",
        "&a [*a]\n",
        "\"",
        "{",
        "]",
        "\n",
        "  ",
    ];
    let piece = proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned);
    proptest::prop_oneof![9 => piece, 1 => "\\PC{0,5}"]
}
