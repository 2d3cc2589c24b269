//! Strangers: from where they may do something, by the addresses and endpoints that conditions look at.

use plumb_iam::keys::Context;
use plumb_iam::principal::{Principal, Tags};
use plumb_iam::vantage::{self, PlaceTests};
use plumb_model::path::Certainty;
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;
use plumb_net::address::{AddressSet, Width};

use crate::assemble::assets::AssetGroup;
use crate::assemble::permission::{Permissions, resource};
use crate::assemble::question::{Asking, DIRECT, Question, questions};
use crate::assemble::{Assembly, Outcome};

/// The most parts of the internet that conditions tell apart; beyond, addresses stay open.
const MAX_PARTS: usize = 64;

/// Somewhere that strangers ask from.
pub(super) struct Vantage {
    context: Context,
    place: Place,
}

impl Vantage {
    /// Through an access point of an account, wherever the request comes from.
    pub(super) fn through_door_of(account: &Text) -> Self {
        Self {
            context: vantage::through_door_of(account),
            place: Place::Internet(AddressSet::internet()),
        }
    }
}

enum Place {
    /// These addresses, some of them of the internet, which no condition tells apart.
    Internet(AddressSet),
    /// Some address, on which conditions may hang that sets of addresses do not decide.
    SomeAddress,
    /// A network that they made, through an endpoint.
    OwnNetwork,
}

/// What strangers may do, and from where.
pub(super) struct FromOutside {
    pub(super) outcome: Outcome,
    pub(super) level: ExposureLevel,
    /// From where, as a clause, unless from anywhere.
    pub(super) from: Option<Text>,
}

impl FromOutside {
    /// The same, if what was not read allows it.
    pub(super) fn perhaps(self, why: Text) -> Self {
        Self {
            outcome: self.outcome.and(Outcome::possible(why)),
            level: ExposureLevel::Unknown,
            from: self.from,
        }
    }

    /// The outcome with from where.
    pub(super) fn into_outcome(self) -> Outcome {
        Outcome {
            from: self.from,
            ..self.outcome
        }
    }
}

impl Permissions<'_, '_> {
    /// Everywhere that strangers ask from, told apart as far as what decides about a resource does.
    pub(super) fn vantages(&self, assembly: &Assembly<'_>, group: &AssetGroup) -> Vec<Vantage> {
        let key = group.key.group().and_then(|key| self.groups.groups.get(key));
        let behind = self.group_behind(assembly, group);
        let key_behind = behind
            .and_then(|group| group.key.group())
            .and_then(|key| self.groups.groups.get(key));
        let mut tests = PlaceTests::default();
        for group in [Some(group), key, behind, key_behind].into_iter().flatten() {
            let policy = resource(assembly, group)
                .and_then(|resource| resource.detail.as_deref()?.policy.as_ref()?.document());
            policy.into_iter().for_each(|document| tests.note(document));
            let Some(fragment) = assembly.fragments.get(group.fragment) else {
                continue;
            };
            let asset = self
                .directory
                .asset("*", &fragment.account.id, Tags::Unspecified, None);
            let control = asset.policies.resource_control.levels.iter().flatten();
            control
                .filter_map(|policy| policy.document())
                .for_each(|document| tests.note(document));
        }
        let own_network = tests.any.then(|| Vantage {
            context: vantage::from_own_network(),
            place: Place::OwnNetwork,
        });
        let parts = match parts(&tests) {
            Some(parts) => parts
                .into_iter()
                .map(|part| Vantage {
                    context: vantage::from_internet(part.intersection(&AddressSet::internet()).first()),
                    place: Place::Internet(part),
                })
                .collect(),
            None => vec![Vantage {
                context: vantage::from_internet(None),
                place: Place::SomeAddress,
            }],
        };
        parts.into_iter().chain(own_network).collect()
    }

    /// Whether some strangers have the same kind of access by another question, where this one is asked of strangers alone and says
    /// less.
    pub(super) fn have_more(
        &mut self,
        assembly: &Assembly<'_>,
        principals: &[Principal],
        vantages: &[Vantage],
        group: &AssetGroup,
        question: Question<'_>,
    ) -> bool {
        let type_id = self.groups.wide.get(group.wide).map(|wide| wide.type_id);
        let Some(type_id) = type_id.filter(|_| question.is_of_strangers_alone()) else {
            return false;
        };
        questions(assembly, type_id)
            .into_iter()
            .filter(|other| other.kind() == question.kind() && !other.is_of_strangers_alone())
            .any(|other| {
                self.ask_from_outside(assembly, principals, vantages, group, other)
                    .is_some()
            })
    }

    /// What the likelier of some strangers may do, from everywhere that they ask from.
    pub(super) fn ask_from_outside(
        &mut self,
        assembly: &Assembly<'_>,
        principals: &[Principal],
        vantages: &[Vantage],
        group: &AssetGroup,
        question: Question<'_>,
    ) -> Option<FromOutside> {
        let mut seen = Seen::default();
        for vantage in vantages {
            let mut best = None;
            for principal in principals {
                let asking = Asking::outsider(principal, &vantage.context);
                best = Outcome::or(best, self.ask_by(assembly, asking, None, group, question));
            }
            if let Some(outcome) = best {
                seen.add(&vantage.place, outcome);
            }
        }
        seen.joined()
    }
}

impl Permissions<'_, '_> {
    /// What somebody of another account may do through an endpoint that was not read and may be that account's.
    pub(super) fn through_foreign_endpoint(
        &mut self,
        assembly: &Assembly<'_>,
        principal: &Principal,
        group: &AssetGroup,
        question: Question<'_>,
    ) -> Option<FromOutside> {
        let places = self.places(assembly, None, group);
        let asking = Asking::outsider(principal, &DIRECT);
        let outcome = self.through_unread(assembly, asking, None, (group, question), &places)?;
        Some(FromOutside {
            outcome,
            level: ExposureLevel::Unknown,
            from: None,
        })
    }
}

/// All addresses in parts that no test on the address tells apart; `None` where tests are of another kind or too many.
pub(crate) fn parts(tests: &PlaceTests) -> Option<Vec<AddressSet>> {
    if tests.otherwise {
        return None;
    }
    let internet = AddressSet::internet();
    let mut parts = vec![AddressSet::full()];
    for ranges in &tests.ranges {
        let within = ranges
            .iter()
            .filter_map(|(address, length)| AddressSet::parse(&format!("{address}/{length}")))
            .fold(Vec::new(), |mut all, set| {
                all.extend_from_slice(set.ranges());
                all
            });
        let within = AddressSet::from_ranges(within);
        parts = parts
            .iter()
            .flat_map(|part| [part.intersection(&within), part.difference(&within)])
            .filter(|part| part.intersects(&internet))
            .collect();
        if parts.len() > MAX_PARTS {
            return None;
        }
    }
    Some(parts)
}

/// What was answered, by how surely.
#[derive(Default)]
struct Seen {
    certain: Option<(AddressSet, Outcome)>,
    conditional: Option<(AddressSet, Outcome)>,
    possible: Option<(AddressSet, Outcome)>,
    /// From a network of their own.
    own_network: Option<Outcome>,
    /// How wide what hangs on a condition is where it is not known to be less.
    conditional_level: ExposureLevel,
}

impl Seen {
    fn add(&mut self, place: &Place, outcome: Outcome) {
        let (addresses, level) = match place {
            Place::Internet(addresses) => (addresses, ExposureLevel::Wide),
            Place::SomeAddress => (&AddressSet::internet(), ExposureLevel::Narrow),
            Place::OwnNetwork => {
                self.own_network = Some(outcome);
                return;
            }
        };
        self.conditional_level = level;
        let known = match outcome.certainty {
            Certainty::Certain => &mut self.certain,
            Certainty::Conditional => &mut self.conditional,
            Certainty::Possible => &mut self.possible,
        };
        match known {
            Some((known, _)) => *known = known.union(addresses),
            None => *known = Some((addresses.clone(), outcome)),
        }
    }

    /// The surest of what is as wide as the internet, else the surest.
    fn joined(self) -> Option<FromOutside> {
        let is_wide = |seen: &(AddressSet, Outcome)| seen.0.width() == Width::Wide;
        let (certain, conditional) = (self.certain, self.conditional);
        match (certain, conditional) {
            (Some(certain), _) if is_wide(&certain) => Some(FromOutside {
                from: part_of_internet(&certain.0),
                outcome: certain.1,
                level: ExposureLevel::Wide,
            }),
            (_, Some(conditional)) if is_wide(&conditional) => Some(FromOutside {
                from: part_of_internet(&conditional.0),
                outcome: conditional.1,
                level: self.conditional_level,
            }),
            (Some((addresses, outcome)), None) | (None, Some((addresses, outcome))) => {
                Some(from_ranges(&addresses, outcome))
            }
            (Some((certain, outcome)), Some((others, _))) => {
                Some(from_ranges(&certain.union(&others), outcome))
            }
            (None, None) => self
                .own_network
                .filter(|outcome| outcome.certainty != Certainty::Possible)
                .map(|outcome| {
                    let condition =
                        "the request comes through a VPC endpoint, which everybody with an account can make";
                    FromOutside {
                        outcome: outcome.on_condition(Text::new_static(condition)),
                        level: ExposureLevel::Narrow,
                        from: Some(Text::new_static("from a network of one's own in the cloud")),
                    }
                })
                .or_else(|| {
                    let (_, outcome) = self.possible?;
                    Some(FromOutside {
                        outcome,
                        level: ExposureLevel::Unknown,
                        from: None,
                    })
                }),
        }
    }
}

fn from_ranges(addresses: &AddressSet, outcome: Outcome) -> FromOutside {
    let ranges = described(addresses);
    FromOutside {
        outcome: outcome.on_condition(Text::from(format!("the request comes from {ranges}"))),
        level: ExposureLevel::Narrow,
        from: Some(Text::from(format!("from {ranges}"))),
    }
}

/// From where, where it is a part of the internet that leaves as much out.
pub(crate) fn part_of_internet(addresses: &AddressSet) -> Option<Text> {
    let left_out = AddressSet::internet()
        .intersection(&AddressSet::ipv4())
        .difference(addresses);
    (left_out.width() == Width::Wide).then(|| Text::from(format!("from {}", described(addresses))))
}

/// The prefixes that hold addresses of the internet; private ones among them say nothing here.
pub(crate) fn described(addresses: &AddressSet) -> String {
    let internet = AddressSet::internet();
    let public = addresses
        .prefixes()
        .into_iter()
        .map(|prefix| prefix.addresses())
        .filter(|block| block.intersects(&internet))
        .flat_map(|block| block.ranges().to_vec());
    AddressSet::from_ranges(public).describe()
}
