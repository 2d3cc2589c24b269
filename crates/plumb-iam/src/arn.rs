//! `Arn`: the parts of an Amazon Resource Name.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.

/// An ARN taken apart; parts may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// For example `aws` or `aws-cn`.
    pub partition: &'a str,
    /// For example `s3`.
    pub service: &'a str,
    /// Empty for global resources and for S3.
    pub region: &'a str,
    /// Twelve digits; empty for S3 buckets, `aws` for the policies of AWS.
    pub account: &'a str,
    /// The rest, which may have colons.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart; `None` when the text is none.
    pub fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }

    /// The kind and the last part of the path of an IAM user or role: `role/team/admin` gives `("role", "admin")`.
    pub fn kind_and_name(&self) -> Option<(&'a str, &'a str)> {
        let (kind, path) = self.resource.split_once('/')?;
        Some((kind, path.rsplit('/').next().unwrap_or(path)))
    }

    /// The account that a principal's ARN or twelve digits name.
    pub fn account_of(text: &'a str) -> Option<&'a str> {
        if is_account(text) {
            return Some(text);
        }
        Self::read(text)
            .map(|arn| arn.account)
            .filter(|account| is_account(account))
    }
}

/// Whether a text is an account number.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_keeps_its_colons() {
        let arn = Arn::read("arn:aws:logs:eu-west-1:111122223333:log-group:a:*").unwrap();
        assert_eq!(
            (arn.service, arn.region, arn.resource),
            ("logs", "eu-west-1", "log-group:a:*")
        );
        let role = Arn::read("arn:aws:iam::111122223333:role/team/admin").unwrap();
        assert_eq!(role.kind_and_name(), Some(("role", "admin")));
        assert_eq!(Arn::read("arn:aws:iam"), None);
        assert_eq!(Arn::read(""), None);
        assert_eq!(Arn::account_of("111122223333"), Some("111122223333"));
        assert_eq!(Arn::account_of("arn:aws:s3:::bucket"), None);
    }
}
