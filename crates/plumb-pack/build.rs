//! Embeds the YAML files of the knowledge folder, recorded answers excepted: paths, texts and recorded parser events.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "src/record.rs"]
mod record;

fn main() -> io::Result<()> {
    let variable = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or_else(|| io::Error::other(name))
    };
    let root = variable("CARGO_MANIFEST_DIR")?
        .join("../../knowledge")
        .canonicalize()?;
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let output = variable("OUT_DIR")?;
    let mut list = String::from("&[\n");
    let mut events = String::from("&[\n");
    for (number, file) in files.iter().enumerate() {
        println!("cargo::rerun-if-changed={}", file.display());
        let relative = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = relative.to_string_lossy().replace('\\', "/");
        list.push_str(&format!(
            "    ({name:?}, include_str!({:?})),\n",
            file.display().to_string()
        ));
        // What cannot be recorded is parsed at run time, which also gives its diagnostic.
        let recorded = output.join(format!("{number}.events"));
        fs::write(
            &recorded,
            record::record(&fs::read_to_string(file)?).unwrap_or_default(),
        )?;
        events.push_str(&format!(
            "    include_bytes!({:?}),\n",
            recorded.display().to_string()
        ));
    }
    fs::write(output.join("knowledge.rs"), list + "]\n")?;
    fs::write(output.join("events.rs"), events + "]\n")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    // A folder changes when files come or go.
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "answers") {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}
