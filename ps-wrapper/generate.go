package pswrapper

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/coexistsync/coexist/internal/wire"
)

// generated gives the module's files that follow from the Go types, by their path below the module.
func generated() map[string]string {
	return map[string]string{
		"Private/Get-WireTable.ps1":                   wireTable(),
		"en-US/about_CoexistenceSync_Errors.help.txt": aboutErrors(),
	}
}

// wireTable gives the function that tells the module of codes, dates and versions.
func wireTable() string {
	var b strings.Builder
	b.WriteString(`function Get-WireTable {
    # Made from internal/wire by go test ./ps-wrapper -update; do not edit.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param()

    @{
`)
	fmt.Fprintf(&b, "        Module  = '1.0.0'\n        Min     = %d\n        Max     = %d\n        MaxLine = %d\n", wire.Version, wire.Version, wire.MaxLine)
	b.WriteString("        # code of the engine: ErrorId, ErrorCategory\n        Error   = @{\n")
	for _, c := range wire.ErrorCodes() {
		fmt.Fprintf(&b, "            '%s' = @('%s', '%s')\n", c.Code, c.ID, c.Category)
	}
	b.WriteString("        }\n        # exit code: the code of a failed result that named no error\n        Exit    = @{\n")
	seen := map[int]bool{}
	for _, c := range byGenerality() {
		if c.Exit > 0 && !seen[c.Exit] {
			seen[c.Exit] = true
			fmt.Fprintf(&b, "            %d = '%s'\n", c.Exit, c.Code)
		}
	}
	b.WriteString("        }\n        # type: members that become [datetime]\n        Date    = @{\n")
	for _, r := range wire.Records() {
		var names []string
		for _, p := range wire.Properties(r) {
			if p.Time {
				names = append(names, "'"+p.Name+"'")
			}
		}
		if len(names) > 0 {
			fmt.Fprintf(&b, "            %s = @(%s)\n", r.RecordType(), strings.Join(names, ", "))
		}
	}
	b.WriteString("        }\n    }\n}\n")
	return b.String()
}

// general lists the codes that stand for an exit code of which no more is known.
var general = []string{"unexpected", "config", "policy.unmet", "guard", "plan.refused", "run.partial", "source", "auth.failed", "not_found", "request.invalid", "cancelled"}

func byGenerality() []wire.ErrorCode {
	list := wire.ErrorCodes()
	slices.SortStableFunc(list, func(x, y wire.ErrorCode) int {
		rank := func(c wire.ErrorCode) int {
			if slices.Contains(general, c.Code) {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(x.Exit, y.Exit), cmp.Compare(rank(x), rank(y)))
	})
	return list
}

// aboutErrors gives the help topic that lists every error.
func aboutErrors() string {
	var b strings.Builder
	b.WriteString(`TOPIC
    about_CoexistenceSync_Errors

SHORT DESCRIPTION
    The errors of the module, their ids and categories.

LONG DESCRIPTION
    Every error has a stable id, Coexistence.NAME, in FullyQualifiedErrorId
    (Coexistence.NAME,Command). The exception is an
    InvalidOperationException; its Data holds Code, the engine's own code, and
    where they apply RunId, PlanDigest, Guard, Retryable, ExitCode and StdErr.
    What to do about it stands in ErrorDetails.RecommendedAction.

    Errors of single objects do not end a command. Start-CoexistenceSync writes
    them after the end of the run, so that -ErrorAction Stop never cuts a run
    short; on a command that reads, -ErrorAction Stop stops the engine at once.

    try { Start-CoexistenceSync -ErrorAction Stop }
    catch {
        switch -Wildcard ($_.FullyQualifiedErrorId) {
            'Coexistence.GuardExceeded,*' { $_.Exception.Data['PlanDigest'] }
            'Coexistence.Busy,*' { 'later' }
            default { throw }
        }
    }

ERRORS
    The last column is the exit code of the executable, which the Task
    Scheduler shows as the last run result.

`)
	for _, c := range wire.ErrorCodes() {
		end, exit := "does not end the command", ""
		if c.Ends {
			end = "ends the command"
		}
		if c.Exit >= 0 {
			exit = fmt.Sprintf(", exit code %d", c.Exit)
		}
		fmt.Fprintf(&b, "    Coexistence.%s\n        %s (%s, %s%s)\n        %s\n\n", c.ID, c.Code, c.Category, end, exit, c.Meaning)
	}
	b.WriteString("SEE ALSO\n    about_CoexistenceSync\n")
	return b.String()
}
