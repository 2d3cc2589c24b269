//! Resources that escalations work on or need, each with the role that it runs as.

use plumb_model::resource::Resource;
use serde_json::{Value, json};

use crate::world::{OWN, REGION, World, iam};

/// Adds a resource of a type that runs as `role`, and returns it.
pub(crate) fn put(world: &mut World, resource_type: &str, role: &str) -> (String, Resource) {
    let (service, rest, attributes) = shape(resource_type, role);
    let uid = format!("arn:aws:{service}:{REGION}:{OWN}:{rest}");
    if attributes.to_string().contains("instance-profile/") {
        let profile = iam("instance-profile/boss");
        world.put(
            "aws_iam_instance_profile",
            &profile,
            json!({ "instance_profile_name": "boss", "roles": [{ "arn": role }] }),
        );
    }
    world.put(resource_type, &uid, attributes.clone());
    let map = serde_json::from_value(attributes).expect("attributes are a map");
    let name = rest.rsplit(['/', ':']).next().unwrap_or_default();
    (
        uid.clone(),
        Resource::new(uid, resource_type, name, OWN, REGION, map),
    )
}

/// Service, end of the ARN and attributes.
fn shape(resource_type: &str, role: &str) -> (&'static str, &'static str, Value) {
    let profile = json!({ "arn": iam("instance-profile/boss") });
    match resource_type {
        "aws_apprunner_service" => (
            "apprunner",
            "service/one/1",
            json!({ "instance_configuration": { "instance_role_arn": role } }),
        ),
        "aws_batch_job_definition" => (
            "batch",
            "job-definition/one:1",
            json!({ "container_properties": { "job_role_arn": role } }),
        ),
        "aws_cloudformation_stack" => ("cloudformation", "stack/one/1", json!({ "role_arn": role })),
        "aws_codebuild_project" => (
            "codebuild",
            "project/one",
            json!({ "project_name": "one", "service_role": role }),
        ),
        "aws_ec2_instance" => (
            "ec2",
            "instance/i-1",
            json!({ "instance_id": "i-1", "iam_instance_profile": profile }),
        ),
        "aws_ecs_task_definition" => ("ecs", "task-definition/one:1", json!({})),
        "aws_ecs_task" => (
            "ecs",
            "task/one/1",
            json!({
                "cluster_arn": format!("arn:aws:ecs:{REGION}:{OWN}:cluster/one"), "overrides": { "task_role_arn": role },
            }),
        ),
        "aws_eks_cluster" => (
            "eks",
            "cluster/one",
            json!({ "cluster_name": "one", "compute_config": { "node_role_arn": role } }),
        ),
        "aws_glue_dev_endpoint" => ("glue", "devEndpoint/one", json!({ "role_arn": role })),
        "aws_lambda_function" => (
            "lambda",
            "function:one",
            json!({ "function_name": "one", "role": role, "policy": null }),
        ),
        "aws_launch_template_version" => (
            "ec2",
            "launch-template/lt-1/version/1",
            json!({
                "launch_template_id": "lt-1", "launch_template_data": { "iam_instance_profile": profile },
            }),
        ),
        "aws_sagemaker_domain" => (
            "sagemaker",
            "domain/d-1",
            json!({
                "domain_id": "d-1", "default_user_settings": { "execution_role": role },
            }),
        ),
        "aws_sagemaker_notebook_instance" => {
            ("sagemaker", "notebook-instance/one", json!({ "role_arn": role }))
        }
        "aws_sfn_state_machine" => ("states", "stateMachine:one", json!({ "role_arn": role })),
        "aws_ecs_cluster" => ("ecs", "cluster/one", json!({})),
        "aws_ecs_container_instance" => ("ecs", "container-instance/one/1", json!({})),
        "aws_ecs_service" => ("ecs", "service/one/web", json!({})),
        "aws_glue_job" => ("glue", "job/one", json!({ "role": "arn:aws:iam::1:role/none" })),
        other => panic!("the scenes have no `{other}`: describe one here"),
    }
}
