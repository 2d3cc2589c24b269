# A peering connection lets a test server that the internet reaches get to the production database.

resource "aws_vpc" "test" {
  cidr_block = "10.50.0.0/16"
}

resource "aws_internet_gateway" "test" {
  vpc_id = aws_vpc.test.id
}

resource "aws_subnet" "edge" {
  vpc_id                  = aws_vpc.test.id
  cidr_block              = "10.50.1.0/24"
  map_public_ip_on_launch = true
}

resource "aws_route_table" "edge" {
  vpc_id = aws_vpc.test.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.test.id
  }

  route {
    cidr_block                = "10.60.0.0/16"
    vpc_peering_connection_id = aws_vpc_peering_connection.both.id
  }
}

resource "aws_route_table_association" "edge" {
  subnet_id      = aws_subnet.edge.id
  route_table_id = aws_route_table.edge.id
}

resource "aws_security_group" "test" {
  name   = "test"
  vpc_id = aws_vpc.test.id

  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "test" {
  ami                    = "ami-0a1b2c3d4e5f60718"
  instance_type          = "t3.micro"
  subnet_id              = aws_subnet.edge.id
  vpc_security_group_ids = [aws_security_group.test.id]
  tags                   = { Name = "test" }
}

resource "aws_vpc" "live" {
  cidr_block = "10.60.0.0/16"
}

resource "aws_subnet" "live" {
  count             = 2
  vpc_id            = aws_vpc.live.id
  cidr_block        = "10.60.${count.index}.0/24"
  availability_zone = "eu-west-1${["a", "b"][count.index]}"
}

resource "aws_vpc_peering_connection" "both" {
  vpc_id      = aws_vpc.test.id
  peer_vpc_id = aws_vpc.live.id
  auto_accept = true
}

resource "aws_route" "back" {
  route_table_id            = aws_vpc.live.main_route_table_id
  destination_cidr_block    = aws_vpc.test.cidr_block
  vpc_peering_connection_id = aws_vpc_peering_connection.both.id
}

resource "aws_security_group" "database" {
  name   = "database"
  vpc_id = aws_vpc.live.id

  ingress {
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}

resource "aws_db_subnet_group" "live" {
  name       = "live"
  subnet_ids = aws_subnet.live[*].id
}

resource "aws_db_instance" "accounts" {
  identifier                  = "customer-accounts"
  engine                      = "postgres"
  instance_class              = "db.t3.micro"
  allocated_storage           = 20
  username                    = "keeper"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.live.name
  vpc_security_group_ids      = [aws_security_group.database.id]
  tags                        = { DataClassification = "restricted" }
}
