//! The README's questions to the generated estate can be asked as they stand there.

use std::fs;
use std::process::Command;

use crate::Folder;

/// The words of a line as a shell splits it, as far as the README needs: blanks, double quotes, and a comment at the end.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (String::new(), false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            '#' if !quoted && word.is_empty() => break,
            ' ' if !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[test]
fn every_question_of_the_readme_is_answered() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let folder = Folder::new("readme");
    let mut asked = 0;
    for line in readme.lines() {
        let Some(command) = line.strip_prefix("    plumb ") else {
            continue;
        };
        let words = words(command);
        if !words.iter().any(|word| word == "--demo") {
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
            .args(&words)
            .current_dir(folder.path("."))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{command}: {said}");
        asked += 1;
    }
    assert!(asked >= 10, "{asked}");
}
