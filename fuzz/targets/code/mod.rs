//! Code as a tree of files in memory, read and mapped as `plumb scan code` does it.

use std::sync::OnceLock;

use plumb_iac::files::Files;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, scan};
use plumb_pack::load::Base;
use plumb_pack::pack::Pack;

/// How much stack the evaluation of deeply nested code may need, in bytes; the command gives its threads the same.
const STACK: usize = 64 * 1024 * 1024;

struct Tree(Vec<(String, String)>);

impl Files for Tree {
    fn files_in(&self, folder: &str) -> Result<Vec<String>, String> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let names = self.0.iter().filter_map(|(path, _)| path.strip_prefix(&prefix));
        Ok(names.filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let file = self.0.iter().find(|(known, _)| known == path);
        file.map(|(_, text)| text.clone()).ok_or_else(|| "no such file".to_owned())
    }
}

/// Scans the texts of an input, parted by NUL bytes, as files with these paths: problems have a text, two runs agree.
pub(crate) fn check(input: &[u8], paths: &[&str]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let files = paths.iter().zip(text.split('\0'));
    let tree = Tree(files.map(|(path, text)| ((*path).to_owned(), text.to_owned())).collect());
    std::thread::scope(|scope| {
        let run = || assert_eq!(told(&tree), told(&tree), "two runs differ");
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        thread.expect("a thread starts").join().expect("code does no harm");
    });
}

fn told(tree: &Tree) -> Vec<String> {
    static PACK: OnceLock<Pack> = OnceLock::new();
    let pack = PACK.get_or_init(|| Pack::load(Base::BuiltIn, &[]).pack);
    let mut paths: Vec<String> = tree.0.iter().map(|(path, _)| path.clone()).collect();
    paths.sort();
    let scanned = scan(pack, tree, &paths, &UsedPaths::default(), &Options::default());
    let mut told: Vec<String> = scanned.problems.iter().map(ToString::to_string).collect();
    assert!(told.iter().all(|problem| !problem.is_empty()));
    for stack in &scanned.stacks {
        let blocks = stack.stack.blocks.iter();
        told.extend(blocks.map(|block| format!("{} {}", block.address, block.body)));
        let resources = stack.mapped.resources.iter();
        told.extend(resources.map(|(resource, _)| format!("{} {}", resource.uid, resource.document())));
    }
    told
}
