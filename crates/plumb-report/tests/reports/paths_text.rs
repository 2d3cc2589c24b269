//! Attack paths and choke points as the command line shows them by themselves.

use expect_test::expect_file;
use plumb_report::options::Color;
use plumb_report::terminal::paths::{choke_points, list, show};
use unicode_width::UnicodeWidthStr;

use crate::hostile_paths::make_paths_hostile;
use crate::long_path;
use crate::sample_paths::sample_paths;

#[test]
fn list_of_paths() {
    expect_file!["snapshots/paths-list.txt"].assert_eq(&list(&sample_paths(), 100, Color::Never));
}

#[test]
fn one_path_step_by_step() {
    let paths = sample_paths();
    let shown: Vec<String> = paths
        .paths
        .iter()
        .map(|path| show(path, 100, Color::Never))
        .collect();
    expect_file!["snapshots/paths-show.txt"].assert_eq(&shown.join("\n----\n\n"));
}

#[test]
fn list_of_choke_points() {
    expect_file!["snapshots/choke-points.txt"].assert_eq(&choke_points(&sample_paths(), 100, Color::Never));
}

#[test]
fn only_a_long_word_makes_a_line_wider_than_asked_and_none_commands_the_terminal() {
    let mut hostile = sample_paths();
    make_paths_hostile(&mut hostile);
    for report in [sample_paths(), hostile] {
        for width in [60, 81, 200] {
            let mut texts = vec![
                list(&report, width, Color::Never),
                choke_points(&report, width, Color::Never),
                show(&long_path(), width, Color::Never),
            ];
            texts.extend(report.paths.iter().map(|path| show(path, width, Color::Never)));
            for line in texts.iter().flat_map(|text| text.lines()) {
                // A command and an identifier stay whole, so that they can be copied.
                let is_command = line.trim_start().starts_with("plumb whatif ");
                let is_one_word =
                    !line.trim_start().contains(' ') || line.split(' ').any(|word| word.width() > width / 2);
                assert!(
                    is_command || is_one_word || line.width() <= width,
                    "{} columns of {width}: {line}",
                    line.width()
                );
                assert!(!line.contains(char::is_control), "{line}");
            }
        }
    }
}

#[test]
fn colour_changes_no_word() {
    let path = &sample_paths().paths[1];
    let colored = show(path, 100, Color::Always);
    assert!(colored.contains("\u{1b}["));
    let mut plain = String::new();
    for (index, piece) in colored.split("\u{1b}[").enumerate() {
        plain.push_str(if index == 0 {
            piece
        } else {
            piece.split_once('m').unwrap().1
        });
    }
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&plain), trimmed(&show(path, 100, Color::Never)));
}
