//! `AccountBuilder`: one account while it is being filled.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::resource::Resource;
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};

use crate::interface::Elastic;
use crate::network::{Filter, Group, Network, Place, Tier};
use crate::random::Random;
use crate::{
    READ_AT, balancers, compute, databases, groups, interface, keys, logging, managed, network, policies,
    roles, storage, users, volumes,
};

/// The region that every account uses.
pub(crate) const HOME: &str = "eu-central-1";

/// The regions that accounts may use; all of them are read.
pub(crate) const REGIONS: [&str; 3] = [HOME, "us-east-1", "us-west-2"];

const TEAMS: [&str; 12] = [
    "payments",
    "ledger",
    "checkout",
    "search",
    "catalog",
    "identity",
    "media",
    "logistics",
    "insights",
    "platform",
    "mobile",
    "support",
];

/// So many names are remembered for later resources to refer to.
const REMEMBERED: usize = 2_000;

/// The id of the account at a position.
pub(crate) fn account_id(position: u32) -> Text {
    Text::from(format!(
        "0000{:08}",
        10_000_019 + u64::from(position) * 1_234_567 % 89_000_000
    ))
}

/// The team that owns the account at a position.
pub(crate) fn team(position: u32) -> &'static str {
    usize::try_from(position)
        .ok()
        .and_then(|at| TEAMS.get(at % TEAMS.len()))
        .copied()
        .unwrap_or("team")
}

/// The name of the account at a position.
pub(crate) fn account_name(position: u32, production: bool) -> String {
    let stage = if production { "prod" } else { "dev" };
    format!("acme-{}-{stage}-{:02}", team(position), position + 1)
}

/// What of an account is already there for other resources to refer to.
#[derive(Default)]
pub(crate) struct Made {
    networks: Vec<Network>,
    /// The group of each network for administrators.
    pub(crate) offices: BTreeMap<Text, Group>,
    loose_groups: BTreeMap<&'static str, Vec<Group>>,
    keys: BTreeMap<&'static str, Text>,
    once: BTreeSet<(&'static str, &'static str)>,
    /// Buckets that hold the account's own working data.
    pub(crate) buckets: Vec<Text>,
    /// Roles for functions that nobody outside can call.
    pub(crate) function_roles: Vec<Text>,
    /// The volume of each region that was made last.
    pub(crate) volumes: BTreeMap<&'static str, Text>,
    /// The instance of each region that was made last, with its zone.
    pub(crate) instances: BTreeMap<&'static str, (Text, Text)>,
    /// Instances of the web tier that wait for a load balancer: id, network and zone.
    pub(crate) web: BTreeMap<&'static str, Vec<(Text, Place)>>,
    /// The database of each region that was made last: identifier, resource id and network.
    pub(crate) databases: BTreeMap<&'static str, (Text, Text, Text)>,
    /// How often each policy of AWS is attached.
    pub(crate) attached: BTreeMap<&'static str, i64>,
}

/// One account while it is being filled.
pub(crate) struct AccountBuilder {
    pub(crate) id: Text,
    pub(crate) position: u32,
    /// The accounts of the whole estate.
    pub(crate) accounts: u32,
    /// Whether the scan reads secrets; what it does not read is not made.
    pub(crate) with_secrets: bool,
    pub(crate) made: Made,
    pub(crate) team: &'static str,
    pub(crate) production: bool,
    pub(crate) random: Random,
    /// How well the account is run, 0 to 100.
    care: u64,
    resources: Vec<Resource>,
    serial: u64,
    regions: usize,
}

impl AccountBuilder {
    pub(crate) fn new(position: u32, accounts: u32, production: bool, mut random: Random) -> Self {
        let care = if production {
            26 + random.below(54)
        } else {
            8 + random.below(46)
        };
        let regions = 1 + usize::from(random.percent(12));
        Self {
            id: account_id(position),
            team: team(position),
            position,
            accounts,
            with_secrets: false,
            made: Made::default(),
            production,
            random,
            care,
            resources: Vec::new(),
            serial: 0,
            regions,
        }
    }

    /// Large accounts use every region.
    pub(crate) fn use_all_regions(&mut self) {
        self.regions = REGIONS.len();
    }

    pub(crate) fn resources(&self) -> usize {
        self.resources.len()
    }

    /// Whether something is done right that well-run accounts do nearly always; `ease` of 100 makes it likely anywhere.
    pub(crate) fn right(&mut self, ease: u64) -> bool {
        let percent = (self.care + ease) / 2 + ease.saturating_sub(50) / 2;
        self.random.percent(percent.min(99))
    }

    /// A number that is different for every call.
    pub(crate) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// An id such as `i-0a1b…`: seventeen hexadecimal digits after the prefix.
    pub(crate) fn id(&mut self, prefix: &str) -> Text {
        let serial = self.serial();
        Text::from(format!("{prefix}-0{serial:06x}{}", self.random.hex(10)))
    }

    /// One of the regions that the account uses.
    pub(crate) fn region(&mut self) -> &'static str {
        let used = REGIONS.get(..self.regions).unwrap_or(&REGIONS);
        self.random.pick(used)
    }

    /// True for the first call with these two names.
    pub(crate) fn first(&mut self, what: &'static str, place: &'static str) -> bool {
        self.made.once.insert((what, place))
    }

    /// The newest network of a region, which is made when there is none.
    pub(crate) fn network(&mut self, region: &'static str) -> Option<&mut Network> {
        if !self.made.networks.iter().any(|network| network.region == region) {
            let filter = if self.right(66) {
                Filter::DenyAdministration
            } else {
                Filter::AllowAll
            };
            self.add_network(region, filter);
        }
        self.made
            .networks
            .iter_mut()
            .rev()
            .find(|network| network.region == region)
    }

    /// A free address in a region; a region whose subnets are full gets another network.
    pub(crate) fn place(&mut self, region: &'static str, tier: Tier) -> Option<Place> {
        if let Some(place) = self.network(region)?.take(tier) {
            return Some(place);
        }
        self.add_network(region, Filter::DenyAdministration);
        self.network(region)?.take(tier)
    }

    fn add_network(&mut self, region: &'static str, filter: Filter) {
        let network = network::vpc(self, region, filter);
        self.made.networks.push(network);
    }

    /// The key that encrypts the account's data in a region.
    pub(crate) fn key(&mut self, region: &'static str) -> Text {
        if let Some(key) = self.made.keys.get(region) {
            return key.clone();
        }
        let key = keys::data_key(self, region);
        self.made.keys.insert(region, key.clone());
        key
    }

    /// The bucket that takes the access logs of the others.
    pub(crate) fn log_bucket(&self) -> String {
        format!("acme-access-logs-{}", self.id)
    }

    /// Remembers a group that belongs to no tier.
    pub(crate) fn note_loose_group(&mut self, region: &'static str, group: Group) {
        let groups = self.made.loose_groups.entry(region).or_default();
        if groups.len() < REMEMBERED {
            groups.push(group);
        }
    }

    /// Remembers a bucket that roles may be allowed to read.
    pub(crate) fn note_bucket(&mut self, name: &str) {
        if self.made.buckets.len() < REMEMBERED {
            self.made.buckets.push(Text::from(name));
        }
    }

    /// Takes a group that belongs to no tier.
    pub(crate) fn take_loose_group(&mut self, region: &'static str) -> Option<Group> {
        self.made.loose_groups.get_mut(region)?.pop()
    }

    /// A public address of the account's own.
    pub(crate) fn elastic_address(&mut self) -> Elastic {
        interface::elastic_address(self)
    }

    pub(crate) fn environment(&self) -> &'static str {
        if self.production {
            "production"
        } else {
            "development"
        }
    }

    /// The tags that the organization asks for; one resource in ten has none.
    pub(crate) fn tags(&mut self) -> Value {
        if self.random.percent(10) {
            return Value::Map(Map::new());
        }
        let (environment, team) = (self.environment(), self.team);
        crate::document::map! { "Environment": environment, "Team": team }
    }

    /// Adds a resource; `document` must be a map.
    pub(crate) fn add(
        &mut self,
        resource_type: &'static str,
        uid: String,
        name: &str,
        region: &'static str,
        document: Value,
    ) {
        let Value::Map(attributes) = document else { return };
        self.resources.push(Resource::new(
            uid,
            Text::new_static(resource_type),
            name,
            self.id.clone(),
            Text::new_static(region),
            attributes,
        ));
    }

    /// Changes an attribute of the resource that was added last.
    pub(crate) fn amend(&mut self, attribute: &'static str, value: Value) {
        if let Some(resource) = self.resources.last_mut() {
            resource.set(attribute, value);
        }
    }

    /// The position of some account of the estate.
    pub(crate) fn other_account(&mut self) -> u32 {
        u32::try_from(self.random.below(u64::from(self.accounts))).unwrap_or(0)
    }

    /// Adds something of a kind that accounts have many of.
    pub(crate) fn generate_one(&mut self) {
        match self.random.below(100) {
            0..=16 => storage::bucket(self),
            17..=34 => compute::instance(self),
            35..=42 => volumes::volume(self),
            43..=50 => groups::beside(self),
            51..=61 => roles::any(self),
            62..=67 => users::user(self),
            68..=71 => policies::with_role(self),
            72..=78 => compute::function(self),
            79..=84 => logging::log_group(self),
            85..=87 => keys::key(self),
            88..=90 => databases::instance(self),
            91..=92 => databases::snapshot(self),
            93..=94 => volumes::snapshot(self),
            95 => storage::file_system(self),
            96..=97 => balancers::balancer(self),
            98 => databases::secret(self),
            _ => logging::topic(self),
        }
    }

    /// The account's snapshot.
    ///
    /// In the fourth account a guardrail denies reading bucket policies, so that an estate shows what unknown looks like.
    pub(crate) fn finish(mut self, collected: &[CollectedType]) -> AccountSnapshot {
        let position = self.position;
        managed::add_used(&mut self);
        let mut coverage = Coverage {
            collected: collected.to_vec(),
            ..Coverage::default()
        };
        if position == 3 {
            coverage.gaps.extend(self.hide_bucket_policies());
        }
        coverage.sort();
        let mut account = Account::new(Provider::Aws, self.id.clone());
        account.partition = Some(Text::new_static("aws"));
        account.name = Some(Text::from(account_name(position, self.production)));
        account.environment = Some(Text::new_static(self.environment()));
        account.data_class = Some(Text::new_static(if self.production {
            "confidential"
        } else {
            "internal"
        }));
        account.owner = Some(Text::from(format!("{}@acme.example", self.team)));
        AccountSnapshot {
            account,
            taken_at: Text::new_static(READ_AT),
            regions: REGIONS.map(Text::new_static).to_vec(),
            resources: self.resources,
            coverage,
        }
    }

    fn hide_bucket_policies(&mut self) -> Option<Gap> {
        let unreadable = Unreadable {
            call: Some(Text::new_static("s3:GetBucketPolicy")),
            action: Some(Text::new_static("s3:GetBucketPolicy")),
            detail: Text::new_static("AccessDenied: explicit deny in a service control policy"),
            ..Unreadable::new(Reason::Denied)
        };
        let mut count = 0;
        for bucket in self
            .resources
            .iter_mut()
            .filter(|resource| resource.resource_type == "aws_s3_bucket")
        {
            bucket.set("policy", Value::unreadable(unreadable.clone()));
            count += 1;
        }
        (count > 0).then(|| Gap {
            resource_type: Text::new_static("aws_s3_bucket"),
            attribute: Some(Text::new_static("policy")),
            region: Text::new_static("eu-central-1"),
            unreadable,
            count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_subnets_make_another_network() {
        let mut builder = AccountBuilder::new(0, 1, true, Random::new(1));
        let mut vpcs = BTreeSet::new();
        let mut addresses = BTreeSet::new();
        for _ in 0..16_000 {
            let place = builder.place(HOME, Tier::Public).expect("a place");
            assert!(addresses.insert((place.vpc.clone(), place.address)));
            vpcs.insert(place.vpc);
        }
        assert_eq!(vpcs.len(), 2);
    }

    #[test]
    fn every_account_uses_the_home_region() {
        for position in 0..20 {
            let mut builder = AccountBuilder::new(position, 20, true, Random::new(u64::from(position)));
            let regions: BTreeSet<_> = (0..50).map(|_| builder.region()).collect();
            assert!(regions.contains(HOME));
            builder.use_all_regions();
            let regions: BTreeSet<_> = (0..50).map(|_| builder.region()).collect();
            assert_eq!(regions.len(), REGIONS.len());
        }
    }
}
