//! A file of Terraform that a command names: what is told of its module is what has a place in it.

use std::collections::BTreeSet;

use plumb_iac::terraform::is_module_file;
use plumb_model::report::Report;
use plumb_model::value::Text;
use plumb_report::numbers::counted;
use plumb_report::visible::visible;

use crate::arguments::CodeArguments;

/// The name of the file of Terraform that a command names: its module is judged, as no file of it can be by itself.
pub(crate) fn module_file(arguments: &CodeArguments) -> Option<&str> {
    let path = arguments.path.as_deref().filter(|path| path.is_file())?;
    let name = path.file_name()?.to_str()?;
    is_module_file(name).then_some(name)
}

/// Keeps the attack paths that lead through something that a file declares, and the changes that close them.
pub(crate) fn keep_paths(report: &mut Report, file: &str) {
    let Some(paths) = &mut report.paths else { return };
    let resources = report.accounts.iter().flat_map(|account| &account.resources);
    let declared: BTreeSet<&Text> = resources
        .filter(|resource| resource.code.as_ref().is_some_and(|code| code.place.file == file))
        .map(|resource| &resource.uid)
        .collect();
    let all = paths.paths.len();
    paths.paths.retain(|path| {
        let hops = path.hops.iter().map(|hop| &hop.to.uid);
        hops.chain([&path.entry.uid])
            .chain(&path.targets)
            .any(|uid| declared.contains(uid))
    });
    let kept: BTreeSet<&Text> = paths.paths.iter().map(|path| &path.id).collect();
    paths.choke_points.retain(|choke_point| {
        let partly = choke_point.partly.iter().map(|partly| &partly.path);
        choke_point.paths.iter().chain(partly).any(|id| kept.contains(id))
    });
    let left_out = u64::try_from(all.saturating_sub(kept.len())).unwrap_or(u64::MAX);
    if left_out > 0 {
        let others = counted(left_out, "attack paths");
        let sentence = format!(
            "{others} through nothing that `{}` declares left out",
            visible(file)
        );
        paths.problems.push(Text::from(sentence));
        paths.problems.sort();
    }
}
