
"use strict";
// Builds the list of findings from the page's own data. Text reaches the page only as text nodes.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50;
  const PRIORITIES = ["critical", "high", "medium", "low"];
  const SEVERITIES = ["critical", "high", "medium", "low", "informational"];
  const list = document.getElementById("finding-list");
  const result = document.getElementById("filter-result");
  const form = document.getElementById("filters");
  const field = (name) => document.getElementById("filter-" + name);
  const number = (value) => value.toLocaleString("en-US");
  const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

  function element(name, className, ...children) {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  }

  function link(address) {
    if (!/^https?:\/\//.test(address)) return element("span", "", address);
    const node = element("a", "", address);
    node.href = address;
    node.rel = "noopener noreferrer";
    node.target = "_blank";
    return node;
  }

  const isStandIn = (account) => account.provider === "aws" && account.id.startsWith("00000000");
  const accountLabel = (account) => !account.name ? account.id : isStandIn(account) ? account.name : account.name + " (" + account.id + ")";

  // What stands between two backticks is code.
  function marked(text) {
    const parts = text.split("`");
    if (parts.length % 2 === 0) parts.push(parts.splice(-2).join("`"));
    return parts.map((part, index) => index % 2 ? element("code", "", part) : part);
  }
  const reasons = {
    denied: "access denied", throttled: "throttled until retries ran out", unsupported: "not supported in this region",
    failed: "the call failed", cancelled: "the scan was stopped", deadline_exceeded: "the deadline of the scan passed",
    not_collected: "not collected by the scan", out_of_scope: "outside what was scanned", not_understood: "read, but not understood",
  };
  const json = (value) => typeof value === "string" ? value : JSON.stringify(value);

  function unreadableText(unreadable) {
    let text = reasons[unreadable.reason] || unreadable.reason;
    if (unreadable.call) text += " (" + unreadable.call + ")";
    if (unreadable.action) text += "; the scan needs the permission " + unreadable.action;
    if (unreadable.detail) text += ": " + unreadable.detail;
    return text;
  }

  function haystack(policy, finding) {
    const account = data.accounts[finding.account];
    const parts = [finding.name, finding.uid, finding.code || "", finding.region, account.id, account.name, policy.name, policy.title,
      policy.resource_type, policy.aliases.join(" "), policy.controls.map((control) => control.control).join(" ")];
    if (finding.tags) parts.push(JSON.stringify(finding.tags));
    if (finding.evidence) parts.push(JSON.stringify(finding.evidence));
    return parts.join("\n").toLowerCase();
  }

  function riskChip(finding) {
    if (!finding.risk) return element("span", "", element("span", "chip " + finding.verdict, finding.verdict));
    const chip = element("span", "chip " + finding.risk.priority, capital(finding.risk.priority) + " " + finding.risk.score);
    chip.title = "Risk " + finding.risk.score + ": " + finding.risk.sum;
    return element("span", "", chip, finding.accepted ? element("span", "note", finding.accepted.holds ? "accepted" : "no longer accepted") : null);
  }

  function pathLink(id) {
    const path = document.getElementById("path-" + id);
    if (!path) return element("code", "", id);
    const node = element("a", "", id);
    node.href = "#path-" + encodeURIComponent(id);
    node.addEventListener("click", () => { path.open = true; });
    return node;
  }

  function findingNode(finding) {
    const account = data.accounts[finding.account];
    const node = element("details", "finding");
    node.append(element("summary", "",
      riskChip(finding),
      element("span", "name", finding.name || finding.uid),
      element("span", "place", finding.code || accountLabel(account) + "\n" + finding.region),
      element("span", "why", ...marked(finding.evidence ? finding.evidence.message : ""))));
    node.addEventListener("toggle", () => { if (node.open) node.fill(); });
    node.fill = () => {
      if (node.children.length > 1) return;
      const facts = element("dl", "");
      const fact = (name, ...content) => facts.append(element("dt", "", name), element("dd", "", ...content));
      fact("Resource", element("code", "", finding.uid));
      if (finding.code) fact("In code", element("code", "", finding.code));
      fact(isStandIn(account) ? "Root" : "Account", account.provider + " " + accountLabel(account));
      if (finding.risk) fact("Risk", finding.risk.score + " (" + finding.risk.priority + "): " + finding.risk.sum);
      if (finding.exposure) fact("Reached", finding.exposure);
      if (finding.paths) fact("Attack paths", ...finding.paths.flatMap((id, index) => index ? [", ", pathLink(id)] : [pathLink(id)]));
      if (finding.accepted) {
        const accepted = finding.accepted;
        fact(accepted.holds ? "Accepted" : "No longer accepted", (accepted.owner ? "by " + accepted.owner + " " : "") + (accepted.until ? "until " + accepted.until + ": " : "") + accepted.reason);
      }
      if (account.environment) fact("Environment", account.environment);
      if (account.owner) fact("Owner", account.owner);
      if (finding.evidence) {
        if (finding.evidence.expression) fact("Decided by", element("code", "", finding.evidence.expression));
        for (const seen of finding.evidence.observed) {
          fact("Observed", element("code", "", seen.expression + " = " + JSON.stringify(seen.value)));
        }
        for (const unreadable of finding.evidence.unreadable || []) fact("Not read", ...marked(unreadableText(unreadable)));
      }
      if (finding.tags) {
        const tags = Object.entries(finding.tags).map(([key, value]) => key + "=" + json(value)).join("\n");
        fact("Tags", tags || "none");
      }
      node.append(facts);
    };
    return node;
  }

  function policyBody(policy) {
    const body = element("div", "body");
    if (policy.description) body.append(element("p", "", ...marked(policy.description)));
    body.append(element("h4", "", "How to mend it"));
    body.append(element("p", "", ...marked(policy.remediation.summary)));
    if (policy.remediation.console) body.append(element("h4", "", "In the console"), element("p", "", ...marked(policy.remediation.console)));
    const forms = [["On the command line", policy.remediation.cli], ["With Terraform", policy.remediation.terraform]];
    for (const [name, code] of forms) {
      if (code) body.append(element("h4", "", name), element("pre", "", element("code", "", code)));
    }
    if (policy.references.length) {
      const items = policy.references.map((reference) => element("li", "", link(reference)));
      body.append(element("h4", "", "References"), element("ul", "links", ...items));
    }
    const controls = policy.controls.map((control) => (data.frameworks[control.framework] || control.framework) + " " + control.control);
    if (controls.length) body.append(element("p", "ids", "Controls: " + controls.join(", ")));
    if (policy.aliases.length) body.append(element("p", "ids", "Also known as: " + policy.aliases.join(", ")));
    body.append(element("h4", "", "Resources"));
    return body;
  }

  class PolicyGroup {
    constructor(policy, place) {
      this.policy = policy;
      this.findings = policy.findings.map((finding) => ({ finding, text: haystack(policy, finding) }));
      this.counts = element("span", "counts");
      const riskiest = policy.findings.length && policy.findings[0].risk;
      const risk = riskiest ? element("span", "chip " + riskiest.priority, "Risk " + riskiest.score) : null;
      if (risk) risk.title = "The riskiest finding: " + riskiest.sum;
      this.node = element("details", "card policy",
        element("summary", "",
          element("span", "chips", risk, element("span", "chip " + policy.severity, capital(policy.severity))),
          element("span", "heading", element("span", "title", policy.title || policy.name), element("code", "", policy.name)),
          this.counts));
      this.place = place;
      this.node.addEventListener("toggle", () => { if (this.node.open) this.build(); });
      this.matching = this.findings;
    }

    filter(filters, filtered) {
      const policy = this.policy;
      const wanted = (!filters.severity || policy.severity === filters.severity)
        && (!filters.service || policy.service === filters.service)
        && (!filters.framework || policy.controls.some((control) => control.framework === filters.framework));
      this.matching = wanted ? this.findings.filter(({ finding, text }) =>
        (!filters.verdict || finding.verdict === filters.verdict)
        && (!filters.priority || (finding.risk && finding.risk.priority === filters.priority))
        && (filters.account === "" || finding.account === Number(filters.account))
        && filters.words.every((word) => text.includes(word))) : [];
      const count = (verdict) => filtered
        ? this.matching.filter(({ finding }) => finding.verdict === verdict).length
        : policy[verdict];
      const parts = ["fail", "unknown"].filter((verdict) => count(verdict) > 0)
        .map((verdict) => element("span", verdict, element("b", "", number(count(verdict))), " " + verdict));
      this.counts.replaceChildren(...parts.flatMap((part, index) => index ? [", ", part] : [part]));
      this.node.hidden = wanted && !filtered ? false : this.matching.length === 0;
      if (this.rows) this.rebuildRows();
    }

    build() {
      if (this.rows) return;
      this.rows = element("div", "");
      const body = policyBody(this.policy);
      body.append(this.rows);
      this.node.append(body);
      this.rebuildRows();
    }

    rebuildRows() {
      this.rows.replaceChildren();
      this.showMore(PAGE);
    }

    showMore(count) {
      const shown = this.rows.querySelectorAll(":scope > .finding").length;
      const old = this.rows.querySelector(":scope > .more");
      if (old) old.remove();
      const next = this.matching.slice(shown, shown + count);
      this.rows.append(...next.map(({ finding }) => findingNode(finding)));
      const left = this.matching.length - shown - next.length;
      if (left > 0) {
        const button = element("button", "", "Show " + number(Math.min(left, PAGE)) + " more of " + number(left));
        button.type = "button";
        button.addEventListener("click", () => this.showMore(PAGE));
        this.rows.append(element("p", "more", button));
      }
      const elsewhere = this.policy.fail + this.policy.unknown - this.policy.findings.length;
      if (elsewhere > 0 && left <= 0) {
        this.rows.append(element("p", "more ids", number(elsewhere) + " more findings of this policy are not on this page."));
      }
    }
  }

  function fill(select, options) {
    for (const [value, label] of options) {
      const option = element("option", "", label);
      option.value = value;
      select.append(option);
    }
  }

  const ORDERS = {
    severity: (a, b) => SEVERITIES.indexOf(a.policy.severity) - SEVERITIES.indexOf(b.policy.severity),
    failing: (a, b) => b.policy.fail - a.policy.fail,
    name: (a, b) => a.policy.name < b.policy.name ? -1 : a.policy.name > b.policy.name ? 1 : 0,
  };
  let ordered = "";
  function order(by) {
    if (by === ordered) return;
    ordered = by;
    const compare = ORDERS[by] || (() => 0);
    const sorted = [...groups].sort((a, b) => compare(a, b) || a.place - b.place);
    list.append(...sorted.map((group) => group.node));
  }

  const distinct = (values) => [...new Set(values)].sort();
  fill(field("severity"), SEVERITIES.filter((severity) => data.policies.some((policy) => policy.severity === severity))
    .map((severity) => [severity, capital(severity)]));
  const priorities = PRIORITIES.filter((priority) => data.policies.some((policy) =>
    policy.findings.some((finding) => finding.risk && finding.risk.priority === priority)));
  fill(field("priority"), priorities.map((priority) => [priority, capital(priority)]));
  document.getElementById("priority-label").hidden = priorities.length === 0;
  fill(field("service"), distinct(data.policies.map((policy) => policy.service)).map((service) => [service, service]));
  fill(field("framework"), Object.entries(data.frameworks));
  fill(field("account"), data.accounts.map((account, index) => [String(index), accountLabel(account)])
    .sort((a, b) => a[1].localeCompare(b[1], "en")));

  const groups = data.policies.map((policy, place) => new PolicyGroup(policy, place));
  list.append(...groups.map((group) => group.node));

  const leftOut = data.policies.reduce((sum, policy) => sum + policy.fail + policy.unknown - policy.findings.length, 0);

  function apply() {
    order(field("order").value);
    const filters = {
      words: field("text").value.toLowerCase().split(/\s+/).filter(Boolean),
      priority: field("priority").value, severity: field("severity").value, verdict: field("verdict").value, account: field("account").value,
      service: field("service").value, framework: field("framework").value,
    };
    const filtered = filters.words.length > 0 || Object.entries(filters).some(([name, value]) => name !== "words" && value !== "");
    let findings = 0, policies = 0;
    for (const group of groups) {
      group.filter(filters, filtered);
      findings += group.matching.length;
      if (!group.node.hidden) policies += 1;
    }
    const counted = (count, singular, plural) => number(count) + " " + (count === 1 ? singular : plural);
    const sum = counted(findings, "finding", "findings") + " of " + counted(policies, "policy", "policies");
    if (data.policies.length === 0) result.textContent = data.judged ? "Nothing fails and nothing is unknown." : "Nothing was judged.";
    else if (filtered) result.textContent = sum + (leftOut > 0 ? " match, among those on this page." : " match.");
    else result.textContent = sum + ".";
  }

  let timer = 0;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 120); });
  form.addEventListener("reset", () => setTimeout(apply, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = data.policies.length === 0;
  apply();

  // On paper nothing opens: the worst policies have their first resources in full, the riskiest paths their evidence.
  const PRINTED_POLICIES = 8, PRINTED_FINDINGS = 2;
  let opened = [];
  const open = (details) => { if (details && !details.open) { details.open = true; opened.push(details); } };
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll(".path[open] .evidence").forEach(open);
    for (const group of groups.filter((group) => !group.node.hidden).slice(0, PRINTED_POLICIES)) {
      open(group.node);
      group.build();
      for (const finding of [...group.rows.children].slice(0, PRINTED_FINDINGS)) {
        if (finding.fill) finding.fill();
        open(finding);
      }
    }
  });
  window.addEventListener("afterprint", () => { opened.forEach((details) => { details.open = false; }); opened = []; });
})();
