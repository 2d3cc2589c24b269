//! `snake_case`: the names of documents' attributes from the clouds' own member names.

/// The snake_case form of a name in an API model, for example `sse_algorithm` for `SSEAlgorithm`.
///
/// A run of capitals is one word (`KMSMasterKeyID` is `kms_master_key_id`), also in the plural (`ARNs` is `arns`),
/// and a few brand names whose capitals mean nothing are one word too (`IPv6Native` is `ipv6_native`).
/// Characters other than ASCII letters and digits separate words.
///
/// ```
/// assert_eq!(plumb_api::names::snake_case("DBInstanceIdentifier"), "db_instance_identifier");
/// ```
pub fn snake_case(name: &str) -> String {
    let mut name = name.to_owned();
    for (brand, plain) in BRANDS {
        if name.contains(brand) {
            name = name.replace(brand, plain);
        }
    }
    let chars: Vec<char> = name.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('_');
    let mut snake = String::with_capacity(name.len() + 8);
    let mut index = 0;
    while index < chars.len() {
        let current = at(index);
        if !current.is_ascii_alphanumeric() {
            start_word(&mut snake);
        } else if current.is_ascii_uppercase() {
            let end = index
                + chars
                    .iter()
                    .skip(index)
                    .take_while(|c| c.is_ascii_uppercase())
                    .count();
            start_word(&mut snake);
            let next_word = match at(end) {
                // The last capital of a run begins the next word, except for a plural such as `ARNs` or `VPCsInfo`.
                's' if end - index >= 2
                    && !at(end + 1).is_ascii_lowercase()
                    && !at(end + 1).is_ascii_digit() =>
                {
                    end
                }
                next if next.is_ascii_lowercase() => end - 1,
                _ => end,
            };
            for position in index..end {
                if position == next_word {
                    start_word(&mut snake);
                }
                snake.push(at(position).to_ascii_lowercase());
            }
            index = end;
            continue;
        } else {
            snake.push(current);
        }
        index += 1;
    }
    snake.truncate(snake.trim_end_matches('_').len());
    snake
}

/// Names whose inner capitals do not begin a word.
const BRANDS: [(&str, &str); 7] = [
    ("IPv", "Ipv"),
    ("OAuth", "Oauth"),
    ("iSCSI", "Iscsi"),
    ("IoT", "Iot"),
    ("PartiQL", "Partiql"),
    ("WhatsApp", "Whatsapp"),
    ("OTel", "Otel"),
];

fn start_word(snake: &mut String) {
    if !snake.is_empty() && !snake.ends_with('_') {
        snake.push('_');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_people_expect() {
        for (name, expected) in [
            ("SSEAlgorithm", "sse_algorithm"),
            ("PublicIpAddress", "public_ip_address"),
            ("DBInstanceIdentifier", "db_instance_identifier"),
            ("CidrIpv6", "cidr_ipv6"),
            ("Ipv6CidrBlock", "ipv6_cidr_block"),
            ("IPv6Native", "ipv6_native"),
            ("EnableIPv4", "enable_ipv4"),
            ("VpcIds", "vpc_ids"),
            ("KMSMasterKeyID", "kms_master_key_id"),
            ("ARNs", "arns"),
            ("TargetGroupARNs", "target_group_arns"),
            ("DNSName", "dns_name"),
            ("URLs", "urls"),
            ("IDs", "ids"),
            ("AZs", "azs"),
            ("SubnetIDs", "subnet_ids"),
            ("VPCsInfo", "vpcs_info"),
            ("EC2InstanceId", "ec2_instance_id"),
            ("S3BucketName", "s3_bucket_name"),
            ("MFADelete", "mfa_delete"),
            ("MfaDelete", "mfa_delete"),
            ("cacheClusterId", "cache_cluster_id"),
            ("HTTPSStatus", "https_status"),
            ("HTTPs", "https"),
            ("CachediSCSIVolumes", "cached_iscsi_volumes"),
            ("OAuth2Token", "oauth2_token"),
            ("SHA256Hash", "sha256_hash"),
            ("Sha256", "sha256"),
            ("vCPUs", "v_cpus"),
            ("IPSetId", "ip_set_id"),
            ("A", "a"),
            ("AMIs", "amis"),
            ("AWSAccountId", "aws_account_id"),
            ("x-amz-grant", "x_amz_grant"),
            ("already_snake", "already_snake"),
            ("__type", "type"),
            ("UserData", "user_data"),
            ("", ""),
        ] {
            assert_eq!(snake_case(name), expected, "{name}");
        }
    }
}
