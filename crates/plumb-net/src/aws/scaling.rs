//! The instances that declared Auto Scaling groups will start; they stand as the group itself.

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::declared::DeclaredTarget;
use super::look::{self, Look};
use super::starting::{Start, Starter, subnets};
use crate::model::Known;

/// Where a group names the template that it starts instances from
/// (<https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html>).
const TEMPLATES: [&str; 2] = [
    "launch_template",
    "mixed_instances_policy.launch_template.launch_template_specification",
];
/// Where it names others beside, one for some types of instances.
const OVERRIDES: &str = "mixed_instances_policy.launch_template.overrides";

impl<'a> Builder<'a> {
    /// Puts the instances of each declared group into its subnets.
    pub(super) fn declared_groups(&mut self) {
        if !self.coverage.declared_only {
            return;
        }
        for group in self.all("aws_autoscaling_group") {
            let (starts, unread) = self.starts(group);
            let mut subnets = subnets(group, "vpc_zone_identifier");
            if subnets.is_empty() {
                let note = format!(
                    "the default subnets in which `{}` starts instances were not read",
                    group.name
                );
                subnets.push(Known::Unread(note.into()));
            }
            self.start(&Starter {
                resource: group,
                starts,
                unread,
                subnets,
                filters: None,
            });
        }
    }

    /// The declared groups whose instances will register with a target group.
    pub(super) fn declared_group_targets(&mut self, arn: &str) -> Vec<DeclaredTarget> {
        let groups = self.joined_groups("target_group_arns", arn);
        let target = |group: &'a Resource| DeclaredTarget {
            endpoints: group.uid.clone(),
            port: Known::Read(None),
        };
        groups.into_iter().map(target).collect()
    }

    /// The declared groups that name a load balancer or target group in a list; what cannot be read of one may name it.
    pub(super) fn joined_groups(&mut self, attribute: &str, wanted: &str) -> Vec<&'a Resource> {
        if !self.coverage.declared_only {
            return Vec::new();
        }
        let mut joined = Vec::new();
        for group in self.all("aws_autoscaling_group") {
            let names = match look::of(group, attribute).elements() {
                Known::Read(names) => names,
                Known::Unread(note) => {
                    self.network.blind.push(note);
                    continue;
                }
            };
            self.network.blind.extend(names.iter().filter_map(look::unread));
            if names.iter().any(|name| name.as_str() == Some(wanted)) {
                joined.push(group);
            }
        }
        joined
    }

    /// What a group starts instances from, and why more may be.
    fn starts(&self, group: &'a Resource) -> (Vec<Start<'a>>, Vec<Text>) {
        let mut starts = Vec::new();
        let mut unread = Vec::new();
        let mut named: Vec<&Value> = Vec::new();
        let mut note = |look: Look<'a>| match look {
            Look::Value(value, _) => named.push(value),
            Look::Absent => {}
            Look::Unread(note) => unread.push(note),
        };
        for path in TEMPLATES {
            note(look::of(group, path));
        }
        match look::of(group, OVERRIDES).elements() {
            Known::Read(overrides) => {
                for one in overrides {
                    note(look::look(one, "launch_template_specification"));
                }
            }
            Known::Unread(why) => unread.push(why),
        }
        for specification in named {
            match self.specified(group, specification) {
                Ok(start) => starts.push(start),
                Err(note) => unread.push(note),
            }
        }
        match look::of(group, "launch_configuration_name").text() {
            Known::Read(Some(name)) => match self.configuration(group, name) {
                Some(start) => starts.push(start),
                None => unread.push(format!("launch configuration `{name}` was not read").into()),
            },
            Known::Read(None) => {}
            Known::Unread(note) => unread.push(note),
        }
        if starts.is_empty() && unread.is_empty() {
            unread.push(format!("what `{}` starts instances from is not known", group.name).into());
        }
        starts.sort_by(|a, b| a.resource.uid.cmp(&b.resource.uid));
        starts.dedup_by(|a, b| a.resource.uid == b.resource.uid);
        (starts, unread)
    }

    fn specified(&self, group: &Resource, specification: &'a Value) -> Result<Start<'a>, Text> {
        let text = |path: &'static str| match look::look(specification, path).text() {
            Known::Read(text) => Ok(text),
            Known::Unread(note) => Err(note),
        };
        let names = [text("launch_template_id")?, text("launch_template_name")?];
        self.template(&group.region, names, text("version")?)
    }

    fn configuration(&self, group: &Resource, name: &str) -> Option<Start<'a>> {
        const NAME: &str = "launch_configuration_name";
        let all = self.all("aws_launch_configuration").into_iter();
        let mut meant =
            all.filter(|one| one.region == group.region && look::text(one.document(), NAME) == Some(name));
        meant.next().map(|resource| Start {
            resource,
            within: Some(""),
        })
    }
}
