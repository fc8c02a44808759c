package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// examples are what --help shows below the description of a command, by its full name; tests hold them against the commands.
func examples() map[string]string {
	return map[string]string{
		"init": `coexist init
coexist init --ldif contoso.ldif --tenant 0c4f7a2e-6d8b-4f5e-9a53-1c1d2f6f8a10 --client-id 5d2e1f9c-3b7a-4c68-8e0d-7f4a6b9c2d13`,
		"init tenant": `coexist init tenant --tenant 0c4f7a2e-6d8b-4f5e-9a53-1c1d2f6f8a10 > register.ps1`,
		"plan": `coexist plan --out tonight.plan
coexist plan --object anna.adler@contoso.example --full
coexist plan --as-of 2026-12-31`,
		"plan refresh":             `coexist plan refresh tonight.plan --out later.plan`,
		"approve":                  `coexist approve tonight.plan --comment CHG0042`,
		"key new":                  `coexist key new approver.pem`,
		"key show":                 `coexist key show approver.pem`,
		"undo":                     `coexist undo last --out back.plan`,
		"apply":                    "coexist apply tonight.plan --until 05:30\ncoexist apply --resume\ncoexist apply tonight.plan --allow delete@sha256:… --reason CHG0042",
		"sync":                     "coexist sync --dry-run\ncoexist sync --until 05:30\ncoexist sync --detach",
		"show":                     "coexist show tonight.plan --full\ncoexist show tonight.plan --exchange-script exchange.ps1\ncoexist show 20261122T054300Z-YQ2WSKLY",
		"explain":                  "coexist explain anna.adler@contoso.example\ncoexist explain anna.adler --decision licenses",
		"validate":                 "coexist validate --severity error\ncoexist validate anna.adler --mailbox\ncoexist validate --offline --fix-plan fixes\ncoexist validate --since last --output markdown",
		"runs list":                `coexist runs list --limit 0`,
		"runs show":                `coexist runs show last`,
		"runs wait":                `coexist runs wait last --timeout 10m`,
		"runs stop":                `coexist runs stop last --reason "change window is over"`,
		"runs export":              `coexist runs export last --out run.jsonl`,
		"runs purge":               `coexist runs purge --older-than 90d`,
		"tasks list":               `coexist tasks list --all`,
		"tasks show":               `coexist tasks show 23ad4322-05e6-4992-bbb4-003836cd365a`,
		"tasks run":                "coexist tasks run\ncoexist tasks run 23ad4322-05e6-4992-bbb4-003836cd365a",
		"tasks suspend":            `coexist tasks suspend 23ad4322-05e6-4992-bbb4-003836cd365a`,
		"tasks resume":             `coexist tasks resume 23ad4322-05e6-4992-bbb4-003836cd365a`,
		"tasks cancel":             `coexist tasks cancel 23ad4322-05e6-4992-bbb4-003836cd365a`,
		"migration-batch":          `coexist migration-batch --out batch.csv`,
		"halt":                     "coexist halt --reason \"wrong licences since noon\"\ncoexist halt --lift",
		"store backup":             `coexist store backup coexist-backup.db`,
		"credential set":           `coexist credential set coexist/app --kind clientSecret`,
		"credential list":          `coexist credential list`,
		"credential remove":        `coexist credential remove coexist/app`,
		"passwords reveal":         `coexist passwords reveal passwords.jsonl --identity helpdesk.txt`,
		"policy check":             "coexist policy check\ncoexist policy check policies --output github",
		"policy test":              "coexist policy test --min-rule 100\ncoexist policy test --mutate --changed-since origin/main",
		"policy impact":            `coexist policy impact --base origin/main --snapshot contoso.snapshot --output markdown`,
		"policy fixture add":       `coexist policy fixture add anna.adler --snapshot contoso.snapshot --suite policies/tests/people.yaml --anonymise`,
		"policy lint":              "coexist policy lint\ncoexist policy lint --snapshot contoso.snapshot --owners CODEOWNERS",
		"policy fmt":               `coexist policy fmt --check`,
		"policy fix":               `coexist policy fix policies`,
		"policy schema":            "coexist policy schema decisions.licenses\ncoexist policy schema --json policy > policy.schema.json",
		"policy import-entra-rule": `coexist policy import-entra-rule '(user.department -eq "Sales")'`,
		"snapshot save":            `coexist snapshot save contoso.snapshot`,
		"snapshot show":            `coexist snapshot show contoso.snapshot --object anna.adler`,
		"config schema":            "coexist config schema tenant\ncoexist config schema --json > coexist.schema.json",
		"config check":             `coexist config check`,
		"doctor":                   `coexist doctor`,
		"diagnostic":               `coexist diagnostic diagnostic.zip`,
		"sandbox":                  "coexist sandbox --company\ncoexist sandbox --state tenant.json --throttle --faults 5 --seed 7",
		"demo":                     "coexist demo\ncoexist demo --dir demo --serve",
		"schedule render":          `coexist schedule render --every 1h --managed-account 'CONTOSO\svc-coexist$' > task.xml`,
		"schema":                   "coexist schema plan > plan.schema.json\ncoexist schema wire > wire.schema.json",
		"version":                  `coexist version --output json`,
	}
}

// exemplify puts the examples behind the descriptions of the commands of a list, whose full names begin with above.
func exemplify(list []*cli.Command, all map[string]string, above string) {
	for _, x := range list {
		if text := all[above+x.Name]; text != "" {
			text = "Examples:\n  " + strings.ReplaceAll(text, "\n", "\n  ")
			if x.Description != "" {
				text = x.Description + "\n\n" + text
			}
			x.Description = text
		}
		exemplify(x.Subcommands, all, above+x.Name+" ")
	}
}
