//! `GraphRole`: what the resources of a type are in the security graph, and what can be done with them.
//!
//! `docs/specs/graph.md` describes the `graph` key of a type.

use std::collections::BTreeSet;

use plumb_expr::{Program, Root};
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::value::Text;

use crate::code_source::{CodeFrom, Holds, ITEM};
use crate::hands_on::HandsOn;
use crate::recipe::{Path, Piece, Template};

/// What the resources of a type are in the security graph.
#[derive(Clone, Debug)]
pub struct GraphRole {
    /// What they are.
    pub kind: NodeKind,
    /// Where the resource policy stands, a parsed document.
    pub policy: Option<Path>,
    /// What principals gain with which actions, in the order of the file.
    pub access: Vec<Access>,
    /// What stands behind it, where it is a door to another resource.
    pub opens: Option<Door>,
    /// Ways from the internet that neither network nor permission tells.
    pub exposed: Vec<Opening>,
    /// Where one of them holds, what the resource policy grants to everybody opens nothing to the internet.
    pub closed: Vec<Circumstance>,
    /// Where one of them holds, its credentials count as an entry.
    pub weak: Vec<Circumstance>,
    /// Where one of them holds, its code has what it runs as only after somebody changed that; the clause says what.
    pub withheld: Vec<Circumstance>,
    /// Where one of them holds, a front hands on, and a workload is controlled by who reaches it, only if something more holds;
    /// the clause says what.
    pub guarded: Vec<Circumstance>,
    /// To what a front hands requests on.
    pub hands_on: Vec<HandsOn>,
    /// That it is an identity of the cloud's own, and what policies call it.
    pub known_as: Option<KnownAs>,
    /// Other accounts that its content is shared with.
    pub shared: Vec<Shared>,
    /// What it tells of the content of other resources.
    pub tells: Vec<Tells>,
    /// For whom it vouches to roles: who controls it can have tokens made.
    pub vouches: Vec<Vouches>,
    /// What it lets principals control.
    pub gives: Vec<Gives>,
    /// Whether conditions of policies see its tags; where there is no rule, they do.
    pub tagged: Option<Program>,
    /// Where the code lies that it runs.
    pub code: Vec<CodeFrom>,
    /// The single things in it that workloads run.
    pub holds: Option<Holds>,
    /// How sensitive its content is where nothing else tells.
    pub sensitivity: Sensitivity,
    /// Where the role or instance profile stands whose permissions its code has, beside the relations called `runs_as`.
    pub runs_as: Option<Path>,
}

/// What a principal gains with some actions.
#[derive(Clone, Debug)]
pub struct Access {
    /// What it gains.
    pub level: AccessLevel,
    /// Whether it is possible at all; sees what a policy's rule sees, parameters excepted.
    pub when: Option<Program>,
    /// What must be allowed, all of it; at least one.
    pub grants: Vec<Grant>,
    /// The relation to the key that must admit decryption too, where there is one.
    pub decrypt: Option<Text>,
    /// What encrypts that which is written, where the request asks for nothing else.
    pub encrypt: Option<Encryption>,
    /// Where one of them holds, only principals of the resource's own account have the access.
    pub home: Vec<Circumstance>,
    /// Where one of them holds, something has to happen first, which its clause names.
    pub once: Vec<Circumstance>,
    /// What tells whether somebody outside of the estate has the access.
    pub strangers: Strangers,
}

/// What tells whether somebody outside of the estate has an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strangers {
    /// The policy of the resource.
    ByPolicy,
    /// The openings of the resource and its parts, because not every request that the policy allows is answered.
    ByOpenings,
    /// The policy of the resource, and nobody of the estate is asked about it.
    Alone,
}

/// That who has access to a resource has the same to another one, where that one permits it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The relation to what stands behind.
    pub relation: Text,
    /// The condition keys that requests bring along, with templates of their values.
    pub context: Vec<(Text, Template)>,
}

/// What encrypts that which is written, where the request asks for nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encryption {
    /// The relation to the key.
    pub key: Text,
    /// The IAM actions on the key, all of which it takes.
    pub actions: Vec<Text>,
}

/// Actions that must be allowed on one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The IAM actions, at least one.
    pub actions: Vec<Text>,
    /// How many of them it needs.
    pub needs: Needs,
    /// Template of the ARN that the actions are evaluated on; where it has a wildcard, one name that matches suffices.
    pub on: Template,
}

/// What can be done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Learn what it holds.
    Read,
    /// Change or destroy what it holds.
    Write,
    /// Change who may do what, or what it is.
    Administer,
}

impl AccessLevel {
    /// All levels in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Administer];

    /// The name used in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Administer => "administer",
        }
    }
}

/// How many of several actions are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Any one of them.
    Any,
    /// All of them.
    All,
}

/// A way from the internet to a resource.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Whether it is open; sees what a policy's rule sees, parameters excepted.
    pub when: Program,
    /// What is open, a clause for people.
    pub clause: Text,
    /// The ports that answer; empty for all.
    pub ports: Vec<u16>,
    /// Where the address blocks stand that narrow it.
    pub width: Option<Path>,
    /// What must hold in any case, a clause for people; the opening is then conditional.
    pub provided: Option<Text>,
    /// What the resource policy has to say of it.
    pub gate: Option<Gate>,
    /// The relation to what is open by it, where that is not the resource itself but what it is a part of.
    pub part_of: Option<Text>,
}

/// What the resource policy has to say of an opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The IAM actions that callers ask for, all of them; at least one.
    pub actions: Vec<Text>,
    /// Whether it must allow them, or must not deny them.
    pub demand: Demand,
    /// Template of the ARN that they are asked on; where it has a wildcard, one name that matches suffices.
    pub on: Template,
    /// Who asks.
    pub callers: Callers,
    /// Whether callers come in where there is no policy.
    pub without_policy: WithoutPolicy,
    /// The condition keys of their requests, with templates of their values.
    pub context: Vec<(Text, Template)>,
    /// The condition keys that their requests do not have.
    pub lacks: Vec<Text>,
}

/// What a resource policy must say of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Demand {
    /// It allows them and does not deny them.
    Allowed,
    /// It does not deny them.
    NotDenied,
}

/// Who comes by an opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Anybody, without a signature.
    Anybody,
    /// Whoever signs with an account of their own; what a named account can do is told by the clause.
    Accounts(Text),
}

/// What it means that there is no resource policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WithoutPolicy {
    /// Everybody comes in.
    Open,
    /// Nobody does.
    Shut,
}

/// Something that may be so, and what it means.
#[derive(Clone, Debug)]
pub struct Circumstance {
    /// Whether it is so; sees what a policy's rule sees, parameters excepted.
    pub when: Program,
    /// What is so, a clause for people.
    pub clause: Text,
}

impl Grant {
    /// Whether the actions are evaluated on a single thing that the resource holds.
    pub fn is_on_item(&self) -> bool {
        matches!(self.on.0.as_slice(), [Piece::Literal(text)] if text == ITEM)
    }
}

impl Access {
    /// The relations to keys that it names.
    pub fn keys(&self) -> impl Iterator<Item = &Text> {
        let encrypt = self.encrypt.as_ref().map(|encrypt| &encrypt.key);
        self.decrypt.iter().chain(encrypt)
    }
}

/// What policies call an identity of the cloud's own, which is a principal of no account.
#[derive(Clone, Debug)]
pub struct KnownAs {
    /// Template of its ARN.
    pub arn: Template,
    /// Where its canonical identifier stands.
    pub canonical: Path,
}

/// Content that accounts by number can read without any permission of its owner's principals.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Where the accounts stand.
    pub accounts: Path,
    /// What they can do, a clause for people.
    pub clause: Text,
    /// The relation to the key that must admit decryption too, where there is one.
    pub decrypt: Option<Text>,
}

/// What a resource tells of the content of others, where a rule holds.
#[derive(Clone, Debug)]
pub struct Tells {
    /// The relation to those of whose content it tells.
    pub of: Text,
    /// When; sees what a policy's rule sees, parameters excepted.
    pub when: Program,
    /// How sensitive the content is at least.
    pub level: Sensitivity,
    /// What it is, for example `PII`.
    pub label: Option<Text>,
    /// What was found, a clause for people.
    pub clause: Text,
}

/// That who controls a resource has tokens of an OpenID Connect issuer made, for any audience.
#[derive(Clone, Debug)]
pub struct Vouches {
    /// Where the URL of the issuer stands.
    pub issuer: Path,
    /// A pattern of the subjects that tokens can name; `*` is any text and `?` any character.
    pub subjects: Text,
    /// How it comes by the roles that take them, a clause for people.
    pub clause: Text,
}

/// That principals control a resource, because another one says so.
#[derive(Clone, Debug)]
pub struct Gives {
    /// The relation to what they control.
    pub of: Text,
    /// The relation to the principals.
    pub to: Text,
    /// When; sees what a policy's rule sees, parameters excepted.
    pub when: Program,
    /// What they are given, a clause for people.
    pub clause: Text,
    /// What a principal must be permitted beside.
    pub needs: Option<Grant>,
    /// Where one of them holds, something else is needed too, which its clause names.
    pub once: Vec<Circumstance>,
}

impl Gate {
    /// The attributes that its templates read.
    fn attributes(&self) -> impl Iterator<Item = &Text> {
        let context = self.context.iter().flat_map(|(_, value)| value.attributes());
        self.on.attributes().chain(context)
    }
}

impl GraphRole {
    /// What the things are that a resource of this role holds: they are nothing but what principals decide.
    pub fn of_held(holds: &Holds) -> Self {
        let uid = Template(vec![Piece::Attribute(Path::key("uid"))]);
        let access = holds.access.iter().map(|access| Access {
            level: access.level,
            when: None,
            grants: access
                .grants
                .iter()
                .map(|grant| Grant {
                    on: if grant.is_on_item() {
                        uid.clone()
                    } else {
                        grant.on.clone()
                    },
                    ..grant.clone()
                })
                .collect(),
            decrypt: None,
            encrypt: None,
            home: Vec::new(),
            once: Vec::new(),
            strangers: access.strangers,
        });
        Self {
            kind: NodeKind::Other,
            policy: None,
            access: access.collect(),
            opens: None,
            exposed: Vec::new(),
            closed: Vec::new(),
            weak: Vec::new(),
            withheld: Vec::new(),
            guarded: Vec::new(),
            hands_on: Vec::new(),
            known_as: None,
            shared: Vec::new(),
            tells: Vec::new(),
            vouches: Vec::new(),
            gives: Vec::new(),
            tagged: None,
            code: Vec::new(),
            holds: None,
            sensitivity: Sensitivity::Public,
            runs_as: None,
        }
    }

    /// The accesses of a level.
    pub fn access_of(&self, level: AccessLevel) -> impl Iterator<Item = &Access> {
        self.access.iter().filter(move |access| access.level == level)
    }

    /// All rules, from which follows what must be read of other resources.
    pub fn rules(&self) -> impl Iterator<Item = &Program> {
        let accesses = || self.access.iter().chain(self.held());
        let access = accesses().filter_map(|access| access.when.as_ref());
        let exposed = self.exposed.iter().map(|opening| &opening.when);
        let of_access = accesses().flat_map(|access| access.home.iter().chain(&access.once));
        let circumstances = self.closed.iter().chain(&self.weak).chain(of_access);
        let circumstances = circumstances.chain(&self.withheld).chain(&self.guarded);
        let given = self.gives.iter().flat_map(|gives| &gives.once);
        let circumstances = circumstances.chain(given);
        let tells = self.tells.iter().map(|tells| &tells.when);
        access
            .chain(exposed)
            .chain(circumstances.map(|circumstance| &circumstance.when))
            .chain(tells)
            .chain(self.gives.iter().map(|gives| &gives.when))
            .chain(&self.tagged)
    }

    /// The rules about parts of a document, which see one of these in place of the resource.
    pub fn rules_of_elements(&self) -> impl Iterator<Item = &Program> {
        let of_code = self.code.iter().filter_map(|code| code.when.as_ref());
        self.hands_on
            .iter()
            .filter_map(|on| on.when.as_ref())
            .chain(of_code)
    }

    /// By what principals decide what the single things in it are.
    fn held(&self) -> impl Iterator<Item = &Access> {
        self.holds.iter().flat_map(|holds| &holds.access)
    }

    /// The attributes that decide whether such resources are open to others, whatever their policies say.
    pub fn gates(&self) -> BTreeSet<Text> {
        let closed = self.closed.iter().map(|closed| &closed.when);
        let open = self.exposed.iter().map(|open| &open.when);
        closed
            .chain(open)
            .flat_map(Program::uses)
            .filter(|used| used.root == Root::Resource)
            .filter_map(|used| used.path.first().cloned())
            .collect()
    }

    /// The names of the attributes that the graph reads of such a resource, sorted; relations are not among them.
    pub fn attributes(&self) -> Vec<Text> {
        let of_rules = self
            .rules()
            .flat_map(Program::uses)
            .filter(|place| place.root == Root::Resource)
            .filter_map(|place| place.path.first());
        let of_paths = [&self.policy, &self.runs_as]
            .into_iter()
            .flatten()
            .chain(self.exposed.iter().filter_map(|opening| opening.width.as_ref()))
            .chain(self.shared.iter().map(|shared| &shared.accounts))
            .chain(self.known_as.iter().map(|known| &known.canonical))
            .chain(self.vouches.iter().map(|vouches| &vouches.issuer))
            .chain(self.holds.iter().map(|holds| &holds.by))
            .filter_map(Path::root);
        let accesses = self.access.iter().chain(self.held());
        let needed = self.gives.iter().filter_map(|gives| gives.needs.as_ref());
        let grants = accesses.flat_map(|access| &access.grants).chain(needed);
        let of_templates = grants.flat_map(|grant| grant.on.attributes());
        let context = self.opens.iter().flat_map(|opens| &opens.context);
        let of_templates = of_templates.chain(context.flat_map(|(_, value)| value.attributes()));
        let of_templates = of_templates.chain(self.known_as.iter().flat_map(|known| known.arn.attributes()));
        let gates = self.exposed.iter().filter_map(|opening| opening.gate.as_ref());
        let of_templates = of_templates.chain(gates.flat_map(Gate::attributes));
        of_rules
            .chain(of_paths)
            .chain(of_templates)
            .cloned()
            .chain(self.hands_on.iter().flat_map(HandsOn::attributes))
            .chain(self.code.iter().flat_map(CodeFrom::attributes))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }
}
