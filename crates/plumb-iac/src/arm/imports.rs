//! What a Bicep file imports from another one: variables, functions and types.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-import>.

use std::rc::Rc;

use super::deployment::{Deployment, Givens, Origin};
use super::frame::{Spot, Turn};
use super::is_bicep;
use super::tree::{Function, Import};
use super::types::{Names, Type};
use crate::place::Place;
use crate::val::{Val, Why};

/// What stands between the name of an import and a name of its file.
const WITHIN: char = '\u{1f}';

/// A deployment with what a secret is called in it.
pub(super) struct Naming<'d, 'w, 'a> {
    pub(super) deployment: &'d Deployment<'w, 'a>,
    pub(super) what: &'d str,
}

impl Names for Naming<'_, '_, '_> {
    fn type_of(&self, name: &str) -> Option<Type> {
        self.deployment.type_of(name)
    }

    fn secret(&self, value: Val) -> Val {
        self.deployment
            .work
            .secret(value, || format!("{} is secret", self.what))
    }
}

impl<'w, 'a> Deployment<'w, 'a> {
    /// The value of an imported name; `member` is what is asked of a whole file.
    pub(super) fn imported(&self, import: &Import, member: Option<&str>, spot: Spot<'_>) -> Val {
        let Some(name) = import.name.as_deref().or(member) else {
            return Val::unknown("a file is no value");
        };
        let file = match self.file_of(import) {
            Ok(file) => file,
            Err(why) => return Val::unknown(why),
        };
        match file.template.exported.contains(name) && file.template.variables.contains_key(name) {
            true => file.variable(name, import.place, spot),
            false => self.not_exported(import, name),
        }
    }

    /// The result of an imported function; `None` where it is none.
    pub(super) fn imported_call(
        &self,
        import: &Import,
        name: &str,
        arguments: &[Val],
        spot: Spot<'_>,
    ) -> Val {
        let name = import.name.as_deref().unwrap_or(name);
        let file = match self.file_of(import) {
            Ok(file) => file,
            Err(why) => return Val::unknown(why),
        };
        let function = file.template.functions.get(name);
        match function.filter(|_| file.template.exported.contains(name)) {
            Some(function) => file.applied(function, arguments, spot),
            None => self.not_exported(import, name),
        }
    }

    /// A function of the template with the values of its parameters.
    pub(super) fn applied(&self, function: &Function, arguments: &[Val], spot: Spot<'_>) -> Val {
        let turn = Turn {
            names: function
                .parameters
                .iter()
                .cloned()
                .zip(arguments.iter().cloned())
                .collect(),
            copies: Vec::new(),
        };
        let root = super::frame::Frame::default();
        self.evaluate(&function.body, Spot { at: None, ..spot }.turn(&root, &turn))
    }

    /// A type by its name; those of other files keep the way to them in the names that they hold.
    pub(super) fn type_of(&self, name: &str) -> Option<Type> {
        if let Some((own, rest)) = name.split_once(WITHIN) {
            let import = self.template.imports.get(own)?;
            let type_ = self.file_of(import).ok()?.type_of(rest)?;
            return Some(type_.named_within(own));
        }
        if let Some(type_) = self.template.types.get(name) {
            return Some(type_.clone());
        }
        if let Some(import) = self.template.imports.get(name) {
            let file = self.file_of(import).ok()?;
            let type_ = file.type_of(import.name.as_deref()?)?;
            return Some(type_.named_within(name));
        }
        let (of, member) = name.split_once('.')?;
        if let Some(import) = self
            .template
            .imports
            .get(of)
            .filter(|import| import.name.is_none())
        {
            let type_ = self.file_of(import).ok()?.type_of(member)?;
            return Some(type_.named_within(of));
        }
        match self.type_of(of)? {
            Type::Object(members) => members.of(member).cloned(),
            _ => None,
        }
    }

    fn not_exported(&self, import: &Import, name: &str) -> Val {
        let message = format!("`{}` exports no `{name}`", import.file);
        self.work.wrong(import.place, message)
    }

    /// The file that an import names, as a template that nothing is given to.
    fn file_of(&self, import: &Import) -> Result<Rc<Deployment<'w, 'a>>, Why> {
        if let Some(known) = self.files.borrow().get(&import.file) {
            return known.clone();
        }
        let file = self.read_import(import);
        self.files.borrow_mut().insert(import.file.clone(), file.clone());
        file
    }

    fn read_import(&self, import: &Import) -> Result<Rc<Deployment<'w, 'a>>, Why> {
        let told = |place: Place, message: String| {
            self.work
                .error(place, message.clone(), "what is imported from it is unknown");
            Why::from(message)
        };
        let path = self
            .path_of(&import.file)
            .map_err(|message| told(import.place, message))?;
        if !is_bicep(&path) {
            return Err(format!("what `{path}` exports is not read").into());
        }
        if self.origin.around.iter().any(|around| *around == path) {
            return Err(told(import.place, format!("`{path}` imports itself")));
        }
        let template = self
            .work
            .template_in(&path)
            .map_err(|error| told(import.place, format!("cannot read `{path}`: {error}")))?;
        let template = template.ok_or_else(|| Why::from(format!("`{path}` could not be read")))?;
        let mut origin = Origin::root(&path);
        origin.around.extend(self.origin.around.iter().cloned());
        origin.scope = Some(self.scope.clone());
        Ok(Rc::new(Deployment::new(
            self.work,
            template,
            Givens::default(),
            origin,
        )))
    }
}

impl Type {
    /// The type of another file, with the way to that file before the names in it.
    fn named_within(self, import: &str) -> Self {
        let inner = |type_: Box<Self>| Box::new(type_.named_within(import));
        let all = |types: Vec<Self>| {
            let types = types.into_iter();
            types.map(|type_| type_.named_within(import)).collect()
        };
        match self {
            Self::Named(name) => Self::Named(format!("{import}{WITHIN}{name}").into()),
            Self::List(of) => Self::List(inner(of)),
            Self::Secret(of) => Self::Secret(inner(of)),
            Self::Tuple(types) => Self::Tuple(all(types)),
            Self::Union(types) => Self::Union(all(types)),
            Self::Object(members) => Self::Object(super::types::Members {
                fields: members
                    .fields
                    .into_iter()
                    .map(|(name, type_)| (name, type_.named_within(import)))
                    .collect(),
                rest: members.rest.map(inner),
            }),
            plain @ (Self::Any | Self::Text | Self::Int | Self::Bool | Self::Null | Self::Literal(_)) => {
                plain
            }
        }
    }
}
