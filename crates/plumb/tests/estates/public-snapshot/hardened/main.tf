# Every account may restore the snapshot of a database.

resource "aws_db_instance" "ledger" {
  identifier                  = "ledger"
  engine                      = "postgres"
  instance_class              = "db.t3.micro"
  allocated_storage           = 20
  username                    = "keeper"
  manage_master_user_password = true
}

resource "aws_db_snapshot" "ledger" {
  db_instance_identifier = aws_db_instance.ledger.identifier
  db_snapshot_identifier = "ledger-before-move"
  shared_accounts        = []
  tags                   = { DataClassification = "restricted" }
}
