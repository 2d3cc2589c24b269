"""Every account may restore the snapshot of a database."""


def create(client, twin):
    rds = client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="ledger",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="keeper",
        MasterUserPassword="correct-horse-42",
    )
    tags = [{"Key": "DataClassification", "Value": "restricted"}]
    snapshot = "ledger-before-move"
    rds.create_db_snapshot(DBInstanceIdentifier="ledger", DBSnapshotIdentifier=snapshot, Tags=tags)
    if twin != "hardened":
        rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=snapshot, AttributeName="restore", ValuesToAdd=["all"])
