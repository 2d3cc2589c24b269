//! `AccountBuilder`: one account while it is being filled.

use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::resource::Resource;
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};

use crate::random::Random;
use crate::{READ_AT, compute, databases, identity, logging, network, storage};

/// The regions that every account uses.
pub(crate) const REGIONS: [&str; 3] = ["eu-central-1", "us-east-1", "us-west-2"];

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

/// One account while it is being filled.
pub(crate) struct AccountBuilder {
    pub(crate) id: Text,
    pub(crate) team: &'static str,
    pub(crate) production: bool,
    pub(crate) random: Random,
    /// How well the account is run, 0 to 100.
    care: u64,
    resources: Vec<Resource>,
    serial: u64,
}

impl AccountBuilder {
    pub(crate) fn new(position: u32, production: bool, mut random: Random) -> Self {
        let care = if production {
            35 + random.below(55)
        } else {
            10 + random.below(50)
        };
        let team = usize::try_from(position)
            .ok()
            .and_then(|at| TEAMS.get(at % TEAMS.len()))
            .copied()
            .unwrap_or("team");
        let id = Text::from(format!(
            "0000{:08}",
            10_000_019 + u64::from(position) * 1_234_567 % 89_000_000
        ));
        Self {
            id,
            team,
            production,
            random,
            care,
            resources: Vec::new(),
            serial: 0,
        }
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

    pub(crate) fn region(&mut self) -> &'static str {
        self.random.pick(&REGIONS)
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

    /// Adds something of a kind that accounts have many of.
    pub(crate) fn generate_one(&mut self) {
        match self.random.below(100) {
            0..=13 => storage::bucket(self),
            14..=27 => compute::instance(self),
            28..=41 => storage::volume(self),
            42..=53 => network::security_group(self),
            54..=63 => identity::role(self),
            64..=69 => identity::user(self),
            70..=73 => identity::policy(self),
            74..=79 => compute::function(self),
            80..=84 => logging::log_group(self),
            85..=87 => storage::key(self),
            88..=90 => databases::instance(self),
            91..=92 => databases::snapshot(self),
            93..=95 => storage::snapshot(self),
            96 => storage::file_system(self),
            97 => network::load_balancer(self),
            98 => network::subnet(self),
            _ => logging::topic(self),
        }
    }

    /// The account's snapshot.
    ///
    /// In the fourth account a guardrail denies reading bucket policies, so that an estate shows what unknown looks like.
    pub(crate) fn finish(mut self, position: u32, collected: &[CollectedType]) -> AccountSnapshot {
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
        account.name = Some(Text::from(format!(
            "acme-{}-{}-{:02}",
            self.team,
            if self.production { "prod" } else { "dev" },
            position + 1
        )));
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
            reason: Reason::Denied,
            call: Some(Text::new_static("s3:GetBucketPolicy")),
            action: Some(Text::new_static("s3:GetBucketPolicy")),
            detail: Text::new_static("AccessDenied: explicit deny in a service control policy"),
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
