//! WebSocket APIs and domains of SAM, and what is told of what is not expanded.

use super::support::{Tree, reading};

#[test]
fn websocket_apis_and_domains_are_expanded_and_the_rest_is_told() {
    let template = r#"Transform: AWS::Serverless-2016-10-31
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Auth: { AuthType: AWS_IAM }
      Routes:
        $connect: { FunctionArn: !GetAtt F.Arn }
        send-all: { FunctionArn: !GetAtt F.Arn }
  F: { Type: AWS::Lambda::Function }
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      DefinitionBody: {}
      Domain: { DomainName: a.example, CertificateArn: c, SecurityPolicy: TLS_1_0 }
  Edge:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      DefinitionBody: {}
      Domain: { DomainName: b.example, CertificateArn: c, EndpointConfiguration: PRIVATE }
  Link: { Type: AWS::Serverless::Connector, Properties: { Source: { Id: F }, Destination: { Id: Rest }, Permissions: [Read] } }
  Graph: { Type: AWS::Serverless::GraphQLApi }
"#;
    let checked = reading(Tree(&[]), template, &[]);
    let addresses = [
        "ApiGatewayDomainNameRest AWS::ApiGateway::DomainName",
        "Chat AWS::ApiGatewayV2::Api",
        "ChatconnectPermission AWS::Lambda::Permission",
        "ChatconnectRoute AWS::ApiGatewayV2::Route",
        "ChatdefaultStage AWS::ApiGatewayV2::Stage",
        "ChatsendallPermission AWS::Lambda::Permission",
        "ChatsendallRoute AWS::ApiGatewayV2::Route",
        "Edge AWS::ApiGateway::RestApi",
        "EdgeDeployment AWS::ApiGateway::Deployment",
        "Edgev1Stage AWS::ApiGateway::Stage",
        "F AWS::Lambda::Function",
        "Graph AWS::Serverless::GraphQLApi",
        "Rest AWS::ApiGateway::RestApi",
        "RestDeployment AWS::ApiGateway::Deployment",
        "Restv1Stage AWS::ApiGateway::Stage",
    ];
    assert_eq!(checked.addresses(), addresses);
    assert_eq!(
        checked.body("ChatconnectRoute"),
        r#"{ApiId: "Chat", AuthorizationType: "AWS_IAM", RouteKey: "$connect"}"#
    );
    assert_eq!(
        checked.body("ChatsendallRoute"),
        r#"{ApiId: "Chat", RouteKey: "send-all"}"#
    );
    assert_eq!(
        checked.body("ApiGatewayDomainNameRest"),
        r#"{DomainName: "a.example", EndpointConfiguration: {Types: ["REGIONAL"]}, RegionalCertificateArn: "c", SecurityPolicy: "TLS_1_0"}"#
    );
    let told = checked.problems();
    for message in [
        "the domain of `Edge` is not expanded",
        "connector `Link` from `AWS::Lambda::Function` to `AWS::ApiGateway::RestApi` is not known",
        "`AWS::Serverless::GraphQLApi` is not expanded",
    ] {
        assert!(told.iter().any(|told| told.contains(message)), "{told:#?}");
    }
}
