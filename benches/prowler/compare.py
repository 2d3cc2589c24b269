"""Runs Plumb and Prowler in turn against one account and prints what each costs.

Usage: compare.py PLUMB PROWLER WORK RUNS MILLISECONDS [remembered|fresh]

Twice over, unless told which: with answers that the server remembers and that take MILLISECONDS each, and with moto as it comes.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent


class Account:
    def __init__(self, answers, latency):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "account.py", answers, latency], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def taken(self):
        """What was asked for since the last time, and what answering took."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(account, arguments, environment, log):
    """One run: wall and CPU seconds, peak memory in MiB, requests by operation, CPU seconds of the server."""
    account.taken()
    start = time.monotonic()
    with open(log, "w") as output:
        process = subprocess.Popen(arguments, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - start
    return {
        "status": process.returncode,
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss / 1024,
        **account.taken(),
    }


def tools(plumb, prowler, work, url):
    """Command and environment of each tool for the account at `url`."""
    home = work / "home"
    home.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    output = work / "prowler-output"
    shutil.rmtree(output, ignore_errors=True)
    return {
        "plumb": (
            [plumb, "scan", "aws", "--framework", "cis-aws-5.0", "--region", "us-east-1"]
            + ["--format", "json", "--format", "csv", "--output", work / "plumb.json", "--output", work / "plumb.csv"],
            environment,
        ),
        "prowler": (
            [prowler, "aws", "--compliance", "cis_5.0_aws", "-f", "us-east-1", "--no-banner", "--no-color", "-z"]
            + ["--output-formats", "json-ocsf", "csv", "--output-directory", output],
            {**environment, "PYTHONPATH": str(HERE / "site"), "PYTHONDONTWRITEBYTECODE": "1"},
        ),
    }


def compare(plumb, prowler, work, runs, answers, latency):
    """All runs of both tools against one account; the first of each is for the server and does not count."""
    account = Account(answers, latency)
    measured = {"plumb": [], "prowler": []}
    for number in range(-1, runs):
        for name, (arguments, variables) in tools(plumb, prowler, work, account.url).items():
            log = work / f"compare-{name}.log"
            run = measure(account, arguments, variables, log)
            if run["status"] not in (0, 4) or not run["operations"]:
                sys.exit(f"{name} ended with status {run['status']}; see {log}")
            if number >= 0:
                measured[name].append(run)
            label = f"run {number + 1}" if number >= 0 else "warm-up"
            print(
                f"{label} {name:8} {run['wall']:8.2f} s wall {run['cpu']:8.2f} s CPU {run['memory']:7.0f} MiB "
                f"{sum(run['operations'].values()):7} requests {run['server']:8.2f} s CPU of the server",
                flush=True,
            )
    account.close()
    return measured


def table(measured):
    def median(name, value):
        return statistics.median(value(run) for run in measured[name])

    print(f"{'':12}{'plumb':>10}{'prowler':>10}{'ratio':>8}")
    for title, value in {
        "wall s": lambda run: run["wall"],
        "CPU s": lambda run: run["cpu"],
        "MiB": lambda run: run["memory"],
        "requests": lambda run: sum(run["operations"].values()),
        "server CPU s": lambda run: run["server"],
    }.items():
        ours, theirs = median("plumb", value), median("prowler", value)
        print(f"{title:12}{ours:10.2f}{theirs:10.2f}{theirs / ours:8.1f}")


def main():
    plumb, prowler, work, runs, latency = *sys.argv[1:3], pathlib.Path(sys.argv[3]).resolve(), int(sys.argv[4]), sys.argv[5]
    variants = {"remembered": latency, "fresh": "0"}
    wanted = sys.argv[6:] or list(variants)
    measured = {}
    for answers in wanted:
        print(f"\n{answers} answers, {variants[answers]} ms between tools and server", flush=True)
        measured[answers] = compare(plumb, prowler, work, runs, answers, variants[answers])
        table(measured[answers])
    (work / "compare.json").write_text(json.dumps(measured, indent=1))


if __name__ == "__main__":
    main()
