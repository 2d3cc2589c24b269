//! `Instance`: a module called once, with what its names mean; everything is evaluated when it is first asked for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use plumb_model::value::Text;

use super::constraint::convert;
use super::evaluator::Evaluator;
use super::module::{Mode, Module};
use super::relative::from_root;
use super::repeat::{Key, Repeated, Repetition};
use super::resolve::Resolved;
use super::scope::{Evaluated, Failure, Frame, Scope};
use super::syntax::{Expr, ExprKind, Step};
use crate::partial::{Holds, Partial};
use crate::place::Place;
use crate::secrecy::Secrecy;
use crate::val::{Entries, Fields, Kind, Val};

/// The most parts of a value that a name has.
const MAX_PARTS: usize = 300_000;
/// How many parts of it are gone through in a step.
const PARTS_PER_STEP: usize = 16;
/// How deep such a value nests.
const MAX_NESTING: usize = 200;

/// A module called once.
pub(crate) struct Instance {
    pub(crate) module: Arc<Module>,
    /// `""` for the root, else `module.a[0].module.b`.
    pub(crate) address: String,
    /// Addresses of calls without keys, as `.terraform/modules/modules.json` has them: `a.b`.
    pub(crate) path: String,
    /// Who called it.
    pub(crate) parent: Option<Parent>,
    /// The values of the root's variables.
    pub(crate) given: Entries,
    /// The calls that lead here, outermost first.
    pub(crate) calls: Vec<Place>,
    /// Why it is not sure that it is called.
    pub(crate) perhaps: Option<Text>,
    /// What decides whether it is called.
    pub(crate) hangs_on: Vec<Text>,
    known: RefCell<HashMap<(Name, Secrecy), State>>,
    resolved: RefCell<ResolvedBlocks>,
    children: RefCell<HashMap<usize, Option<Rc<Children>>>>,
}

/// What is known of each block, nothing while it is being resolved.
type ResolvedBlocks = HashMap<(Mode, usize), Option<Rc<Resolved>>>;

/// Who called a module.
pub(crate) struct Parent {
    pub(crate) instance: Rc<Instance>,
    /// Position of the call.
    pub(crate) call: usize,
    pub(crate) each: Option<Val>,
    pub(crate) count: Option<Val>,
}

/// The instances that one call makes.
pub(crate) struct Children {
    pub(crate) repeated: Repeated,
    pub(crate) instances: Vec<(Key, Rc<Instance>)>,
    /// Why nothing is known of what the module declares.
    pub(crate) unseen: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Variable(Text),
    Local(Text),
    Output(Text),
}

enum State {
    Open,
    Known(Val),
}

impl Instance {
    /// The root module with the values of its variables.
    pub(crate) fn root(module: Arc<Module>, given: Entries) -> Self {
        Self {
            module,
            address: String::new(),
            path: String::new(),
            parent: None,
            given,
            calls: Vec::new(),
            perhaps: None,
            hangs_on: Vec::new(),
            known: RefCell::default(),
            resolved: RefCell::default(),
            children: RefCell::default(),
        }
    }

    /// The address of something in this module.
    pub(crate) fn within(&self, name: &str) -> String {
        if self.address.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.address)
        }
    }

    /// Lets go of all that was evaluated. Modules know who called them and what they call, and would keep each other for ever.
    pub(crate) fn forget(&self) {
        self.known.borrow_mut().clear();
        self.resolved.borrow_mut().clear();
        let children = std::mem::take(&mut *self.children.borrow_mut());
        for child in children.values().flatten().flat_map(|made| &made.instances) {
            child.1.forget();
        }
    }

    pub(super) fn depth(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn descends_from(&self, folder: &str) -> bool {
        self.module.folder == folder
            || self
                .parent
                .as_ref()
                .is_some_and(|parent| parent.instance.descends_from(folder))
    }
}

impl Evaluator<'_> {
    /// What a name with steps means in a module. An unknown value is known by its name, so that texts with it are found to be equal.
    pub(crate) fn refer(
        &self,
        name: &str,
        steps: &[Step],
        scope: Scope<'_>,
        place: Option<Place>,
    ) -> Evaluated {
        let mut value = self.referred(name, steps, scope, place)?;
        if value.why_unknown().is_some()
            && value.partial.is_none()
            && let Some(path) = path_of(name, steps)
        {
            value.partial = Some(Partial::named(&scope.instance.within(&path), Holds::Anything));
        }
        Ok(value)
    }

    fn referred(&self, name: &str, steps: &[Step], scope: Scope<'_>, place: Option<Place>) -> Evaluated {
        let instance = scope.instance;
        match (name, steps) {
            ("var", [Step::Key(name), rest @ ..]) => {
                let value = self.variable(name, instance, place)?;
                self.follow(value, rest, scope, place)
            }
            ("local", [Step::Key(name), rest @ ..]) => {
                let value = self.named(Name::Local(name.clone()), instance, place)?;
                self.follow(value, rest, scope, place)
            }
            ("path", [Step::Key(name), rest @ ..]) => {
                let folder = match name.as_str() {
                    "module" => from_root(self.root, &instance.module.folder),
                    _ => ".".to_owned(),
                };
                self.follow(
                    Val::placed(Kind::String(Text::from(folder)), place),
                    rest,
                    scope,
                    place,
                )
            }
            ("terraform" | "tofu", _) => Ok(match &self.workspace {
                Some(workspace) => Val::placed(Kind::String(workspace.clone()), place),
                None => {
                    let why = "the workspace is chosen when the code is applied";
                    Val::placed(Kind::Unknown(Text::new_static(why)), place)
                }
            }),
            ("self" | "each" | "count", _) => {
                let message = format!("`{name}` has no meaning here");
                Err(Failure::new(message, place))
            }
            ("module", [Step::Key(name), rest @ ..]) => self.module_value(name, rest, scope, place),
            ("data", [Step::Key(kind), Step::Key(name), rest @ ..]) => {
                self.block_value((Mode::Data, kind, name), rest, scope, place)
            }
            ("ephemeral", _) => {
                let why = "it exists only while the code is applied";
                Ok(Val::placed(Kind::Unknown(Text::new_static(why)), place))
            }
            ("resource", [Step::Key(kind), Step::Key(name), rest @ ..]) => {
                self.block_value((Mode::Managed, kind, name), rest, scope, place)
            }
            (kind, [Step::Key(name), rest @ ..]) => {
                self.block_value((Mode::Managed, kind, name), rest, scope, place)
            }
            _ => Err(Failure::new(format!("`{name}` has no meaning here"), place)),
        }
    }

    fn variable(&self, name: &Text, instance: &Rc<Instance>, place: Option<Place>) -> Evaluated {
        self.named(Name::Variable(name.clone()), instance, place)
    }

    /// The value of an output, for whoever called the module.
    pub(crate) fn output(&self, name: &Text, instance: &Rc<Instance>, place: Option<Place>) -> Evaluated {
        self.named(Name::Output(name.clone()), instance, place)
    }

    /// Evaluates a name once; one that needs itself is an error.
    fn named(&self, name: Name, instance: &Rc<Instance>, place: Option<Place>) -> Evaluated {
        let key = (name, self.secrecy());
        match instance.known.borrow().get(&key) {
            Some(State::Known(value)) => return Ok(value.clone()),
            Some(State::Open) => return Err(Failure::breaking("this needs its own value", place)),
            None => {}
        }
        instance.known.borrow_mut().insert(key.clone(), State::Open);
        let evaluated = self.deeper(place, || {
            self.inside(&instance.calls, || self.name_value(&key.0, instance, place))
        });
        // What is shared costs nothing here, but everything that goes through the value goes through all of it.
        let evaluated = evaluated.and_then(|value| match value.parts_within(MAX_PARTS, MAX_NESTING) {
            Some(parts) => self.spend(parts / PARTS_PER_STEP).map(|()| value),
            None => Err(Failure::own("this makes too large a value", place)),
        });
        match &evaluated {
            Ok(value) => {
                _ = instance
                    .known
                    .borrow_mut()
                    .insert(key, State::Known(value.clone()))
            }
            Err(_) => _ = instance.known.borrow_mut().remove(&key),
        }
        evaluated
    }

    fn name_value(&self, name: &Name, instance: &Rc<Instance>, place: Option<Place>) -> Evaluated {
        let missing =
            |what: &str, name: &Text| Failure::new(format!("{what} `{name}` is not declared"), place);
        match name {
            Name::Local(name) => match instance.module.locals.get(name) {
                Some(expr) => self.evaluate(expr, Scope::of(instance)),
                None => Err(missing("local", name)),
            },
            Name::Output(name)
                if self.secrecy() == Secrecy::Kept && instance.module.sensitive_outputs.contains(name) =>
            {
                // What it is made of stands where others may see it.
                self.keep_back(&Val::null());
                let why = format!("output `{name}` is sensitive, and its value was not looked at");
                Ok(Val::placed(Kind::Unknown(Text::from(why)), place))
            }
            Name::Output(name) => match instance.module.outputs.get(name) {
                Some(expr) => self.evaluate(expr, Scope::of(instance)),
                None => Err(missing("output", name)),
            },
            Name::Variable(name) => {
                let Some(variable) = instance.module.variables.get(name) else {
                    return Err(missing("variable", name));
                };
                let given = match &instance.parent {
                    None => instance.given.get(name).cloned(),
                    Some(parent) => self.argument(name, parent)?,
                };
                let value = match (
                    given.filter(|value| !value.is_null() || variable.default.is_none()),
                    &variable.default,
                ) {
                    (Some(value), _) => value,
                    (None, Some(default)) => self.evaluate(default, Scope::of(instance))?,
                    (None, None) => {
                        let why = format!("variable `{name}` has no value");
                        Val::placed(Kind::Unknown(Text::from(why)), Some(variable.place))
                    }
                };
                if self.secrecy() == Secrecy::Kept && variable.sensitive && !value.is_null() {
                    self.keep_back(&value);
                    let why = format!("variable `{name}` is sensitive, and its value was not looked at");
                    return Ok(Val::placed(Kind::Unknown(Text::from(why)), Some(variable.place)));
                }
                match &variable.constraint {
                    Some(constraint) => {
                        // Each call of a module has a copy of its own.
                        self.spend(value.parts_within(MAX_PARTS, MAX_NESTING).unwrap_or(MAX_PARTS))?;
                        convert(value, constraint, place)
                    }
                    None => Ok(value),
                }
            }
        }
    }

    /// What the caller gives for a variable.
    fn argument(&self, name: &str, parent: &Parent) -> Result<Option<Val>, Box<Failure>> {
        let Some(call) = parent.instance.module.calls.get(parent.call) else {
            return Ok(None);
        };
        let Some(attribute) = call.body.attribute(name) else {
            return Ok(None);
        };
        let calls = &parent.instance.calls;
        parent
            .scope(&mut |scope| self.inside(calls, || self.evaluate(&attribute.value, scope)))
            .map(Some)
    }

    /// `module.x…`: one output, so that modules may use each other's outputs as long as no value needs itself.
    fn module_value(&self, name: &Text, steps: &[Step], scope: Scope<'_>, place: Option<Place>) -> Evaluated {
        let instance = scope.instance;
        let Some(call) = instance.module.position(Mode::Call, "", name) else {
            return Err(Failure::new(format!("module `{name}` is not called here"), place));
        };
        let children = self.children(call, instance)?;
        if let Some(why) = &children.unseen {
            return Ok(Val::placed(Kind::Unknown(why.clone()), place));
        }
        if let (Repeated::Once, [(_, child)], [Step::Key(output), rest @ ..]) =
            (&children.repeated, children.instances.as_slice(), steps)
        {
            let value = self.output(output, child, place)?;
            return self.follow(value, rest, scope, place);
        }
        if let [Step::Index(index), Step::Key(output), rest @ ..] = steps
            && let Some((_, child)) = children.instances.iter().find(|(key, _)| *key == Key::Any)
            && self.means_any(&children.repeated, index, scope)?
        {
            let value = self.output(output, child, place)?;
            return self.follow(value, rest, scope, place);
        }
        // Only the outputs that are asked for, where the steps tell which.
        let wanted = steps.iter().find_map(|step| match step {
            Step::Key(key) => Some(key),
            Step::Index(_) | Step::AttributeSplat | Step::FullSplat => None,
        });
        let mut values = Vec::with_capacity(children.instances.len());
        for (key, child) in &children.instances {
            let mut fields = Fields::default();
            for output in child.module.outputs.keys() {
                if wanted.is_none_or(|wanted| wanted == output)
                    || !matches!(children.repeated, Repeated::Once)
                {
                    let evaluated = self.output(output, child, place);
                    fields
                        .entries
                        .insert(output.clone(), self.settle(evaluated, place));
                }
            }
            values.push((key.clone(), Val::placed(Kind::Map(Arc::new(fields)), place)));
        }
        let value = children.repeated.value(values, place);
        self.follow(value, steps, scope, place)
    }

    /// Where steps from a block lead.
    fn block_value(
        &self,
        (mode, kind, name): (Mode, &str, &str),
        steps: &[Step],
        scope: Scope<'_>,
        place: Option<Place>,
    ) -> Evaluated {
        let instance = scope.instance;
        let Some(position) = instance.module.position(mode, kind, name) else {
            return Err(Failure::new(format!("`{kind}.{name}` is not declared"), place));
        };
        let resolved = self.resolved(mode, position, instance, place)?;
        if let ([Step::Index(index), rest @ ..], Some(any)) = (steps, &resolved.any)
            && self.means_any(&resolved.repeated, index, scope)?
        {
            return self.follow(any.clone(), rest, scope, place);
        }
        self.follow(resolved.value.clone(), steps, scope, place)
    }

    /// Whether an index leads to what stands for repetitions that are not known. That there is one is not sure: what looks at whether
    /// an expression fails does not know.
    fn means_any(&self, repeated: &Repeated, index: &Expr, scope: Scope<'_>) -> Result<bool, Box<Failure>> {
        if let Repeated::Once | Repeated::Count | Repeated::Each(None) = repeated {
            return Ok(false);
        }
        let value = self.evaluate(index, scope)?;
        let means = repeated.is_any(index, &value);
        if means && let Repeated::Perhaps(why) | Repeated::Unknown(why) | Repeated::Each(Some(why)) = repeated
        {
            self.assume(why);
        }
        Ok(means)
    }

    /// A block with its arguments, evaluated once.
    pub(crate) fn resolved(
        &self,
        mode: Mode,
        position: usize,
        instance: &Rc<Instance>,
        place: Option<Place>,
    ) -> Result<Rc<Resolved>, Box<Failure>> {
        let key = (mode, position);
        match instance.resolved.borrow().get(&key) {
            Some(Some(resolved)) => return Ok(Rc::clone(resolved)),
            Some(None) => return Err(Failure::breaking("this block needs its own values", place)),
            None => {}
        }
        instance.resolved.borrow_mut().insert(key, None);
        let resolved = self.deeper(place, || {
            Ok(Rc::new(self.inside(&instance.calls, || {
                self.for_all(|| self.resolve(mode, position, instance))
            })))
        });
        match &resolved {
            Ok(resolved) => {
                _ = instance
                    .resolved
                    .borrow_mut()
                    .insert(key, Some(Rc::clone(resolved)))
            }
            Err(_) => _ = instance.resolved.borrow_mut().remove(&key),
        }
        resolved
    }

    /// The instances of a call, made once.
    pub(crate) fn children(
        &self,
        call: usize,
        instance: &Rc<Instance>,
    ) -> Result<Rc<Children>, Box<Failure>> {
        match instance.children.borrow().get(&call) {
            Some(Some(children)) => return Ok(Rc::clone(children)),
            Some(None) => {
                return Err(Failure::breaking(
                    "how often a module is called hangs on itself",
                    None,
                ));
            }
            None => {}
        }
        instance.children.borrow_mut().insert(call, None);
        let made = self.inside(&instance.calls, || {
            self.for_all(|| self.make_children(call, instance))
        });
        let children = Rc::new(made);
        instance
            .children
            .borrow_mut()
            .insert(call, Some(Rc::clone(&children)));
        Ok(children)
    }

    fn make_children(&self, position: usize, instance: &Rc<Instance>) -> Children {
        let unseen = |why: Text| Children {
            repeated: Repeated::Once,
            instances: Vec::new(),
            unseen: Some(why),
        };
        let Some(call) = instance.module.calls.get(position) else {
            return unseen(Text::default());
        };
        let name = call.labels.first().cloned().unwrap_or_default();
        let path = if instance.path.is_empty() {
            name.to_string()
        } else {
            format!("{}.{name}", instance.path)
        };
        let folder = match self.module_folder(call, &path, instance) {
            Ok(folder) => folder,
            Err(why) => return unseen(why),
        };
        let Some(module) = self.module(&folder) else {
            let message = format!("module folder `{folder}` has no code that could be read");
            let problem = plumb_model::diagnostic::Diagnostic::error(message.clone());
            self.tell(self.at(problem, Some(call.head), "called here"));
            return unseen(Text::from(message));
        };
        let (repeated, repetitions) = self.repetitions(&call.body, Scope::of(instance));
        let mut calls = instance.calls.clone();
        calls.push(call.head);
        let repetitions = repetitions.into_iter();
        let instances = repetitions
            .take_while(|_| self.another_instance(call.head))
            .map(|repetition| {
                self.calls(&folder);
                let address = instance.within(&format!("module.{name}{}", repetition.key));
                let Repetition {
                    key,
                    each,
                    count,
                    perhaps,
                    hangs_on,
                } = repetition;
                let child = Instance {
                    module: Arc::clone(&module),
                    address,
                    path: path.clone(),
                    parent: Some(Parent {
                        instance: Rc::clone(instance),
                        call: position,
                        each,
                        count,
                    }),
                    given: Entries::new(),
                    calls: calls.clone(),
                    perhaps: instance.perhaps.clone().or(perhaps),
                    hangs_on: instance.hangs_on.iter().cloned().chain(hangs_on).collect(),
                    known: RefCell::default(),
                    resolved: RefCell::default(),
                    children: RefCell::default(),
                };
                (key, Rc::new(child))
            });
        Children {
            repeated,
            instances: instances.collect(),
            unseen: None,
        }
    }
}

impl Parent {
    /// Runs `work` in the scope of the call.
    pub(crate) fn scope<T>(&self, work: &mut dyn FnMut(Scope<'_>) -> T) -> T {
        let each = self.each.as_ref().map(|value| Frame {
            name: "each",
            value: value.clone(),
            outer: None,
        });
        let count = self.count.as_ref().map(|value| Frame {
            name: "count",
            value: value.clone(),
            outer: None,
        });
        work(Scope {
            instance: &self.instance,
            frame: each.as_ref().or(count.as_ref()),
        })
    }
}

/// A name with steps as text; `None` where a step is worked out.
fn path_of(name: &str, steps: &[Step]) -> Option<String> {
    let mut path = name.to_owned();
    for step in steps {
        match step {
            Step::Key(key) => path.extend([".", key]),
            Step::Index(index) => match &index.kind {
                ExprKind::Int(index) => path.push_str(&format!("[{index}]")),
                ExprKind::String(key) => path.extend([".", key]),
                _ => return None,
            },
            Step::AttributeSplat | Step::FullSplat => return None,
        }
    }
    Some(path)
}
