//! The built-in mappings of ARM templates.

use plumb_iac::declared::Language;
use serde_json::{Value as Json, json};

use crate::support::check_in;

const KIND: &str = "Microsoft.Storage/storageAccounts";

fn account(properties: &Json) -> Json {
    json!({ "name": "a", "location": "westeurope", "properties": properties })
}

#[test]
fn storage_accounts_are_mapped() {
    let id = "/subscriptions/000000000000/resourceGroups/resource-group/providers/Microsoft.Storage/storageAccounts/a";
    let endpoint = json!({ "name": "e", "properties": { "privateLinkServiceConnections":
        [{ "name": "c", "properties": { "privateLinkServiceId": id } }] } });
    let blocks = |properties: Json| {
        let mut blocks = json!({ "Microsoft.Network/privateEndpoints@e": endpoint });
        blocks[format!("{KIND}@a")] = account(&properties);
        blocks
    };
    for (properties, verdict) in [
        (json!({ "networkAcls": { "defaultAction": "Deny" } }), "pass"),
        (json!({}), "fail"),
        (
            json!({ "networkAcls": { "defaultAction": "?parameters('action')" } }),
            "unknown",
        ),
        (
            json!({ "networkAcls": { "defaultAction": "Deny" }, "supportsHttpsTrafficOnly": false }),
            "fail",
        ),
    ] {
        check_in(
            Language::Arm,
            "own-storage-network",
            &blocks(properties),
            &[verdict],
        );
    }
}
