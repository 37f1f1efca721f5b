//! The way between target and source, changed by somebody while a migration runs: the diagnosis names the rule that shut
//! it, although preflight saw it open.

use anyhow::{Context, Result};
use elasticache_stand_in::LinkLoss;
use scenarios::{Pair, Story, TARGET};
use std::time::Duration;

/// What stands between two tags, the first time.
fn first<'a>(document: &'a str, tag: &str) -> Result<&'a str> {
    let (_, rest) = document.split_once(&format!("<{tag}>")).context(tag.to_owned())?;
    let (text, _) = rest.split_once('<').context(tag.to_owned())?;
    Ok(text)
}

/// Puts the target into the account's default VPC, from which a route leads to the source, and gives the security group of
/// its nodes.
async fn in_the_default_vpc(story: &Story) -> Result<String> {
    let subnets = story.cloud.ec2("Action=DescribeSubnets").await?;
    let groups = "Action=DescribeSecurityGroups&Filter.1.Name=group-name&Filter.1.Value.1=default";
    let groups = story.cloud.ec2(groups).await?;
    let tables = story.cloud.ec2("Action=DescribeRouteTables").await?;
    let table = first(&tables, "routeTableId")?;
    let route = format!("RouteTableId={table}&DestinationCidrBlock=127.0.0.0/8&TransitGatewayId=tgw-1");
    story.cloud.ec2(&format!("Action=CreateRoute&{route}")).await?;
    let vpc = first(&subnets, "vpcId")?.to_owned();
    let subnet = (
        first(&subnets, "subnetId")?.to_owned(),
        first(&subnets, "availabilityZone")?.to_owned(),
    );
    let group = first(&groups, "groupId")?.to_owned();
    story.elasticache().change_group(TARGET, |spec| {
        (spec.subnet_group.vpc_id, spec.subnet_group.subnets) = (vpc, vec![subnet]);
        spec.security_groups = vec![group.clone()];
    })?;
    Ok(group)
}

#[tokio::test]
async fn a_security_group_that_is_shut_while_a_person_is_awaited_is_named() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story
        .elasticache()
        .change_settings(|settings| settings.link_loss = LinkLoss::FailAfter(Duration::from_secs(2)));
    let group = in_the_default_vpc(&story).await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;

    let everything = "IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0";
    story
        .cloud
        .ec2(&format!(
            "Action=RevokeSecurityGroupEgress&GroupId={group}&{everything}"
        ))
        .await?;
    // Nothing gets through any more: what is connected is cut off, and what connects hears nothing.
    let source = story.source.engine();
    source.command(&["CLIENT", "KILL", "TYPE", "replica"]).await?;
    source.freeze()?;
    let ending = story.end_of(&execution).await?;
    story.source.engine().thaw()?;
    assert_eq!(
        ending.cause().as_deref(),
        Some("security_group_blocks"),
        "{:#?}",
        ending.diagnosis()
    );
    let best = &ending.diagnosis().context("a diagnosis")?["causes"][0];
    let words = |field: &str| best[field].as_str().unwrap_or_default().to_owned();
    assert!(
        words("evidence").starts_with(&format!("seen after the failure: {group}")),
        "{best}"
    );
    assert!(
        words("fix").contains(&format!("authorize-security-group-egress --group-id {group}")),
        "{best}"
    );
    let asked = |state: &str| ending.states().iter().filter(|it| **it == state).count();
    assert_eq!((asked("DescribeSecurityGroups"), asked("DiagnoseAgain")), (2, 1));
    story.assert_source_is_as_it_was().await
}
