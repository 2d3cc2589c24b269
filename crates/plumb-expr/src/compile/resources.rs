//! What rules see beside the document: other resources, and what reaches the judged one.

use plumb_model::value::{Text, Value};

use super::{Compiler, Lowered};
use crate::exposure::exposure_type;
use crate::function::Parameter;
use crate::node::NodeKind;
use crate::problem::{Problem, did_you_mean};
use crate::syntax::{Expr, Kind, Name, Span};
use crate::types::Type;
use crate::uses::{Extent, Place, Root};

impl Compiler<'_> {
    pub(super) fn inventory(&mut self, name: &Name, arguments: &[Expr], span: Span) -> Lowered {
        let (argument, region) = match arguments {
            [argument] => (argument, None),
            [argument, region] => (argument, Some(region)),
            _ => {
                let usage = "inventory(\"aws_flow_log\")` or `inventory(\"aws_flow_log\", resource.region)";
                return self.wrong_arguments(name, usage, span);
            }
        };
        let Some((resource_type, type_)) = self.resource_type(argument) else {
            return self.nothing(span);
        };
        if let Some(region) = region {
            return self.regional_inventory(resource_type, &type_, argument, region, span);
        }
        let places = vec![Place {
            root: Root::Inventory(resource_type.clone()),
            path: Vec::new(),
        }];
        Lowered {
            places,
            ..Lowered::computed(NodeKind::Inventory(resource_type), span, type_.list())
        }
    }

    fn regional_inventory(
        &mut self,
        resource_type: Text,
        type_: &Type,
        type_expr: &Expr,
        region_expr: &Expr,
        span: Span,
    ) -> Lowered {
        if !self.declarations.lives_in_regions(&resource_type) {
            let message = format!("`{resource_type}` belongs to no region");
            let help = format!("write `inventory(\"{resource_type}\")`");
            let problem = Problem::new(message, type_expr.span, "one for the whole account").help(help);
            return self.failed(problem, span);
        }
        let region = self.lower(region_expr);
        if !Parameter::Text.accepts(&region.type_) {
            let label = format!("this is {}", region.type_);
            let problem = Problem::new("the region is text", region_expr.span, label)
                .help(format!("write `inventory(\"{resource_type}\", resource.region)`"));
            return self.failed(problem, span);
        }
        self.uses.note(&region.places, Extent::Whole);
        let places = vec![Place {
            root: Root::RegionalInventory(resource_type.clone()),
            path: Vec::new(),
        }];
        let kind = NodeKind::RegionalInventory {
            resource_type,
            region: Box::new(region.node),
        };
        Lowered {
            places,
            ..Lowered::computed(kind, span, type_.clone().list())
        }
    }

    pub(super) fn related(&mut self, name: &Name, arguments: &[Expr], span: Span) -> Lowered {
        let [resource_expr, type_expr] = arguments else {
            return self.wrong_arguments(name, "related(resource, \"aws_kms_key\")", span);
        };
        let Some(resource) = self.judged(name, resource_expr) else {
            return self.nothing(span);
        };
        let Some((resource_type, type_)) = self.resource_type(type_expr) else {
            return self.nothing(span);
        };
        let places = vec![Place {
            root: Root::Related(resource_type.clone()),
            path: Vec::new(),
        }];
        let kind = NodeKind::Related {
            resource: Box::new(resource.node),
            resource_type,
        };
        Lowered {
            places,
            ..Lowered::computed(kind, span, type_.list())
        }
    }

    /// The resource type that an argument names; `None` after an error.
    fn resource_type(&mut self, argument: &Expr) -> Option<(Text, Type)> {
        let Kind::Text(name) = &argument.kind else {
            let problem = Problem::new(
                "the resource type stands in quotes",
                argument.span,
                "not a text constant",
            )
            .help("for example `inventory(\"aws_flow_log\")`");
            self.problems.push(problem);
            return None;
        };
        if let Some(type_) = self.declarations.resource_type(name) {
            return Some((name.clone(), type_));
        }
        let names = self.declarations.resource_type_names();
        let help = did_you_mean(name, names.iter().map(Text::as_str));
        let message = format!("unknown resource type `{name}`");
        self.problems
            .push(Problem::new(message, argument.span, "no such resource type").maybe_help(help));
        None
    }

    pub(super) fn exposure(&mut self, name: &Name, arguments: &[Expr], span: Span) -> Lowered {
        let [resource_expr] = arguments else {
            return self.wrong_arguments(name, "exposure(resource)", span);
        };
        let Some(resource) = self.judged(name, resource_expr) else {
            return self.nothing(span);
        };
        if !self.declarations.tells_exposure() {
            let problem = Problem::new(
                "`exposure` is not known here",
                name.span,
                "what reaches a resource",
            )
            .help("only the rules of policies can ask for it");
            return self.failed(problem, span);
        }
        let places = vec![Place {
            root: Root::Exposure,
            path: Vec::new(),
        }];
        let kind = NodeKind::Exposure {
            resource: Box::new(resource.node),
        };
        Lowered {
            places,
            ..Lowered::computed(kind, span, exposure_type())
        }
    }

    /// An argument that must be the judged resource itself; `None` after an error.
    fn judged(&mut self, function: &Name, expr: &Expr) -> Option<Lowered> {
        let resource = self.lower(expr);
        self.uses.note(&resource.places, Extent::Presence);
        let function = function.text.as_str();
        if !resource.type_.is_dynamic() && !matches!(resource.type_, Type::Object(_)) {
            let label = format!("this is {}", resource.type_);
            let message = format!("`{function}` takes a resource first");
            self.problems.push(Problem::new(message, expr.span, label));
            return None;
        }
        let is_judged = |place: &Place| matches!(place.root, Root::Resource) && place.path.is_empty();
        if !resource.places.iter().all(is_judged) || resource.places.is_empty() {
            let (message, help) = match function {
                "related" => (
                    "`related` follows the relations of the judged resource only",
                    "write `related(resource, …)`",
                ),
                _ => (
                    "`exposure` tells what reaches the judged resource only",
                    "write `exposure(resource)`",
                ),
            };
            self.problems
                .push(Problem::new(message, expr.span, "another document").help(help));
            return None;
        }
        Some(resource)
    }

    /// What stands for an expression that has an error.
    fn nothing(&self, span: Span) -> Lowered {
        Lowered::computed(NodeKind::Literal(Value::Null), span, Type::Any)
    }
}
