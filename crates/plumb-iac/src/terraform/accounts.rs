//! `Accounts`: what stands for the accounts that the providers of a root work in.

use std::cell::RefCell;
use std::collections::BTreeMap;

use plumb_model::value::Text;

use super::evaluator::Evaluator;
use super::instance::Instance;
use super::scope::Scope;
use super::syntax::{Block, Expr};
use crate::mapping::scalar_text;
use crate::place::Place;
use crate::val::{Kind, Val};

/// The account that the configuration of a provider leads to
/// (<https://registry.terraform.io/providers/hashicorp/aws/latest/docs>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Belongs {
    /// Its number.
    key: Option<Text>,
    by: By,
    /// Where the provider is configured.
    place: Option<Place>,
}

/// By whose credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum By {
    /// Those that somebody applies the code with.
    #[default]
    Surroundings,
    /// Those of a role that is assumed.
    Role,
    /// Those that a profile or keys tell, by what the code calls them.
    Others(Text),
}

/// Whether two providers work in one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alike {
    Same,
    Apart,
    Unknown,
}

impl Belongs {
    fn compare(&self, other: &Self) -> Alike {
        if self.place.is_some() && self.place == other.place {
            return Alike::Same;
        }
        match (&self.key, &other.key) {
            (Some(a), Some(b)) if a == b => return Alike::Same,
            (Some(_), Some(_)) => return Alike::Apart,
            (Some(_), None) | (None, Some(_)) | (None, None) => {}
        }
        let is_assumed = |one: &Self| one.by == By::Role && one.key.is_some();
        match (&self.by, &other.by) {
            (By::Surroundings, By::Surroundings) => Alike::Same,
            (By::Others(a), By::Others(b)) if a == b => Alike::Same,
            // A role of an account by its number leads out of the account of whoever assumes it.
            (By::Surroundings, By::Role) if is_assumed(other) => Alike::Apart,
            (By::Role, By::Surroundings) if is_assumed(self) => Alike::Apart,
            (By::Surroundings | By::Role | By::Others(_), By::Surroundings | By::Role | By::Others(_)) => {
                Alike::Unknown
            }
        }
    }
}

/// The accounts of one root.
pub(crate) struct Accounts {
    /// What stands for the account of the root itself.
    own: Text,
    main: RefCell<Belongs>,
    others: RefCell<Vec<(Belongs, Text)>>,
}

impl Accounts {
    pub(crate) fn new(own: Text) -> Self {
        Self {
            own,
            main: RefCell::default(),
            others: RefCell::default(),
        }
    }

    /// By what stands for them, the numbers of the accounts beside the root's own; empty where code tells none.
    pub(crate) fn into_others(self) -> BTreeMap<Text, Text> {
        let others = self.others.into_inner().into_iter();
        others
            .map(|(belongs, account)| (account, belongs.key.unwrap_or_default()))
            .collect()
    }

    /// What stands for an account, and whether that is known.
    fn stand_in(&self, belongs: &Belongs) -> (Text, Alike) {
        let mut main = self.main.borrow_mut();
        match main.compare(belongs) {
            alike @ (Alike::Same | Alike::Unknown) => {
                if alike == Alike::Same && main.key.is_none() {
                    main.key.clone_from(&belongs.key);
                }
                (self.own.clone(), alike)
            }
            Alike::Apart => {
                let mut others = self.others.borrow_mut();
                let known = others
                    .iter()
                    .find(|(other, _)| other.compare(belongs) == Alike::Same);
                if let Some((_, account)) = known {
                    return (account.clone(), Alike::Apart);
                }
                // The accounts of a root differ in their first digits.
                let number = others.len().saturating_add(1);
                let end = self.own.get(4..).unwrap_or(&self.own);
                let account = Text::from(format!("{number:04}{end}"));
                others.push((belongs.clone(), account.clone()));
                (account, Alike::Apart)
            }
        }
    }
}

impl Evaluator<'_> {
    /// Looks at the providers of the root, of which the default one works in the root's own account.
    pub(crate) fn name_accounts(&self, root: &std::rc::Rc<Instance>) {
        let of_aws = |block: &&Block| block.labels.first().is_some_and(|label| label == "aws");
        let mut providers: Vec<&Block> = root.module.providers.iter().filter(of_aws).collect();
        providers.sort_by_key(|block| block.body.attribute("alias").is_some());
        let mut belongs = providers.iter().map(|block| self.belongs(block, Scope::of(root)));
        if let Some(first) = belongs.next() {
            *self.accounts.main.borrow_mut() = first;
        }
        for one in belongs {
            self.accounts.stand_in(&one);
        }
    }

    /// What stands for the account of a provider; that it is not known is told once.
    pub(crate) fn account_of(&self, belongs: &Belongs) -> Text {
        let (account, alike) = self.accounts.stand_in(belongs);
        if alike == Alike::Unknown {
            let message = "in which account this provider works is not known; its resources count as those of the root's own";
            self.warn_once(message, belongs.place);
        }
        account
    }

    /// The account that the configuration of a provider leads to.
    pub(crate) fn belongs(&self, block: &Block, scope: Scope<'_>) -> Belongs {
        let value = |expr: &Expr| self.settled(expr, scope);
        let argument = |name: &str| block.body.attribute(name).map(|argument| value(&argument.value));
        let assumed = ["assume_role", "assume_role_with_web_identity"].into_iter();
        let assumed: Vec<Option<Val>> = assumed
            .flat_map(|name| block.body.blocks_of(name))
            .map(|role| role.body.attribute("role_arn").map(|arn| value(&arn.value)))
            .collect();
        let allowed = argument("allowed_account_ids").and_then(|ids| match &ids.kind {
            Kind::List(items) => match items.as_slice() {
                [one] => scalar_text(one),
                _ => None,
            },
            _ => None,
        });
        // Of roles that are assumed one after the other the last counts.
        let of_role = assumed.last().map(|arn| {
            let arn = arn.as_ref().and_then(scalar_text)?;
            let account = arn.split(':').nth(4)?;
            let is_number = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| Text::from(account))
        });
        let others = ["profile", "access_key"].into_iter().find_map(|name| {
            let told = argument(name).filter(|told| !told.is_null())?;
            let told = scalar_text(&told).unwrap_or_else(|| Text::from(format!("{:?}", block.head)));
            Some(Text::from(format!("{name} {told}")))
        });
        let by = match (&of_role, others) {
            (Some(_), _) => By::Role,
            (None, Some(others)) => By::Others(others),
            (None, None) => By::Surroundings,
        };
        Belongs {
            key: of_role.flatten().or(allowed),
            by,
            place: Some(block.head),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belongs(key: Option<&str>, by: By) -> Belongs {
        Belongs {
            key: key.map(Text::from),
            by,
            place: None,
        }
    }

    #[test]
    fn accounts_are_told_apart_by_their_numbers_and_credentials() {
        let plain = || belongs(None, By::Surroundings);
        let allowed = |key| belongs(Some(key), By::Surroundings);
        let role = |key| belongs(key, By::Role);
        let profile = |name: &str| belongs(None, By::Others(name.into()));
        let cases = [
            (plain(), plain(), Alike::Same),
            (allowed("1"), allowed("1"), Alike::Same),
            (allowed("1"), allowed("2"), Alike::Apart),
            (plain(), allowed("1"), Alike::Same),
            (plain(), role(Some("2")), Alike::Apart),
            (allowed("2"), role(Some("2")), Alike::Same),
            (plain(), role(None), Alike::Unknown),
            (role(None), role(None), Alike::Unknown),
            (plain(), profile("a"), Alike::Unknown),
            (profile("a"), profile("a"), Alike::Same),
            (profile("a"), profile("b"), Alike::Unknown),
        ];
        for (one, other, expected) in cases {
            assert_eq!(one.compare(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.compare(&one), expected, "{other:?} {one:?}");
        }
    }

    #[test]
    fn each_account_has_a_stand_in_of_its_own() {
        let accounts = Accounts::new("000000000007".into());
        *accounts.main.borrow_mut() = belongs(Some("1"), By::Surroundings);
        let stand_in = |key| accounts.stand_in(&belongs(Some(key), By::Role)).0;
        assert_eq!(stand_in("2"), "000100000007");
        assert_eq!(stand_in("1"), "000000000007");
        assert_eq!(stand_in("3"), "000200000007");
        assert_eq!(stand_in("2"), "000100000007");
    }
}
