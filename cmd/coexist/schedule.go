package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

func scheduleCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "schedule",
		Usage: "let a scheduler start sync",
		Subcommands: []*cli.Command{{
			Name:  "render",
			Usage: "write the task that a scheduler needs, and register nothing",
			Description: "The task of the Windows Task Scheduler starts this program itself, every three hours unless --every says otherwise. It runs as\n" +
				"SYSTEM, as a service account, whose password the Task Scheduler keeps, or as a group managed service account, which needs none.\n" +
				"Register-CoexistenceSchedule of the PowerShell module registers it; by hand: schtasks /Create /TN NAME /XML FILE.",
			Flags: []cli.Flag{configFlag, outputFlag,
				&cli.StringFlag{Name: "format", Value: "taskxml", Usage: "`SCHEDULER` to write for: taskxml, the Windows Task Scheduler"},
				&cli.DurationFlag{Name: "every", Value: 3 * time.Hour, Usage: "start a run every `TIME`, five minutes to a week"},
				&cli.StringFlag{Name: "start", Usage: "first run at `TIME`, local, like 2026-12-31T22:00:00; today at midnight without"},
				&cli.StringFlag{Name: "name", Value: `\Coexistence\Coexistence Sync`, Usage: "`NAME` of the task with its folder"},
				&cli.StringFlag{Name: "executable", Usage: "`FILE` to start, this program without"},
				&cli.BoolFlag{Name: "system", Usage: "run as SYSTEM"},
				&cli.StringFlag{Name: "account", Usage: "run as this service `ACCOUNT`, like CONTOSO\\svc-coexist"},
				&cli.StringFlag{Name: "managed-account", Usage: "run as this group managed service `ACCOUNT`, like CONTOSO\\svc-coexist$"}},
			Action: func(x *cli.Context) error {
				form, err := output(x)
				if err != nil {
					return err
				}
				t, err := taskOf(x, c)
				if err != nil {
					return err
				}
				text, err := t.render()
				if err != nil {
					return err
				}
				if form {
					return writeJSON(c, "coexist.schedule", "schedule", map[string]string{"xml": text})
				}
				_, err = fmt.Fprint(c.out, text)
				return err
			},
		}},
	}
}

// task is what is to be scheduled.
type task struct {
	name, executable, config string
	every                    time.Duration
	start                    time.Time // local to the machine that it runs on; its zone is not written
	user                     string    // S-1-5-18 for SYSTEM
	logon                    string    // how the Task Scheduler signs the user in; "" for SYSTEM
}

// taskOf reads the command line.
func taskOf(x *cli.Context, c *console) (task, error) {
	t := task{name: x.String("name"), executable: x.String("executable"), every: x.Duration("every"), start: midnight(c.now())}
	if err := arguments(x); err != nil {
		return t, err
	}
	if f := x.String("format"); f != "taskxml" {
		return t, usagef("option --format: unknown scheduler %q; there is taskxml", f)
	}
	if t.every < 5*time.Minute || t.every > 7*24*time.Hour || t.every%time.Minute != 0 {
		return t, usagef("option --every: %s is not whole minutes from five minutes to a week", t.every)
	}
	var err error
	if text := x.String("start"); text != "" {
		if t.start, err = time.Parse("2006-01-02T15:04:05", text); err != nil {
			return t, usagef("option --start: %q is not a time like 2026-12-31T22:00:00", text)
		}
	}
	if err := t.runAs(x); err != nil {
		return t, err
	}
	if t.config, err = absolute(x.String(configFlag.Name)); err != nil {
		return t, err
	}
	if t.executable == "" {
		if t.executable, err = os.Executable(); err != nil {
			return t, err
		}
	}
	t.executable, err = absolute(t.executable)
	for _, text := range []string{t.name, t.executable, t.config} {
		if strings.ContainsAny(text, "\"\r\n\x00") {
			return t, usagef("%q has a character that a task cannot hold", text)
		}
	}
	return t, err
}

// runAs reads whom the task runs as.
func (t *task) runAs(x *cli.Context) error {
	account, managed, system := x.String("account"), x.String("managed-account"), x.Bool("system")
	given := 0
	for _, is := range []bool{account != "", managed != "", system} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return usagef("say whom the task runs as: one of --system, --account and --managed-account")
	case managed != "" && !managedAccount.MatchString(managed):
		return usagef("option --managed-account: %q is not like CONTOSO\\svc-coexist$", managed)
	case system:
		t.user = "S-1-5-18"
	default: // the Task Scheduler asks a domain controller for a managed account's password by itself
		t.user, t.logon = account+managed, "Password"
	}
	return nil
}

var (
	managedAccount = regexp.MustCompile(`^[^\\]+\\[^\\]+\$$`)
	windowsPath    = regexp.MustCompile(`^([A-Za-z]:[\\/]|\\\\)`)
)

// absolute gives a path that does not depend on the folder. A task for Windows may be rendered elsewhere.
func absolute(path string) (string, error) {
	if windowsPath.MatchString(path) {
		return path, nil
	}
	return filepath.Abs(path)
}

// folderOf gives the folder of a path of either system.
func folderOf(path string) string {
	if i := strings.LastIndexAny(path, `\/`); i > 0 {
		return path[:i]
	}
	return path
}

func midnight(at time.Time) time.Time {
	y, m, d := at.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, at.Location())
}

// The task of the Windows Task Scheduler, in the order that its schema wants.
// Source: https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema.
type (
	xmlTask struct {
		XMLName     xml.Name       `xml:"http://schemas.microsoft.com/windows/2004/02/mit/task Task"`
		Version     string         `xml:"version,attr"`
		Description string         `xml:"RegistrationInfo>Description"`
		URI         string         `xml:"RegistrationInfo>URI"`
		Trigger     xmlTimeTrigger `xml:"Triggers>TimeTrigger"`
		Principal   xmlPrincipal   `xml:"Principals>Principal"`
		Settings    xmlSettings    `xml:"Settings"`
		Actions     xmlActions     `xml:"Actions"`
	}
	xmlTimeTrigger struct {
		Interval string `xml:"Repetition>Interval"`
		StopAt   bool   `xml:"Repetition>StopAtDurationEnd"`
		Start    string `xml:"StartBoundary"`
		Enabled  bool   `xml:"Enabled"`
	}
	xmlPrincipal struct {
		ID       string `xml:"id,attr"`
		UserID   string `xml:"UserId"`
		Logon    string `xml:"LogonType,omitempty"`
		RunLevel string `xml:"RunLevel"`
	}
	xmlSettings struct {
		Instances     string `xml:"MultipleInstancesPolicy"`
		OnBatteries   bool   `xml:"DisallowStartIfOnBatteries"`
		StopBatteries bool   `xml:"StopIfGoingOnBatteries"`
		Available     bool   `xml:"StartWhenAvailable"`
		Network       bool   `xml:"RunOnlyIfNetworkAvailable"`
		Enabled       bool   `xml:"Enabled"`
		Hidden        bool   `xml:"Hidden"`
		Wake          bool   `xml:"WakeToRun"`
		Limit         string `xml:"ExecutionTimeLimit"`
		Priority      int    `xml:"Priority"`
		RestartEvery  string `xml:"RestartOnFailure>Interval"`
		RestartAtMost int    `xml:"RestartOnFailure>Count"`
	}
	xmlActions struct {
		Context   string `xml:"Context,attr"`
		Command   string `xml:"Exec>Command"`
		Arguments string `xml:"Exec>Arguments"`
		Folder    string `xml:"Exec>WorkingDirectory"`
	}
)

// render gives the task as XML. A run that is still going on when the next is due is left to finish; one that was missed is
// made up for; one that fails is tried again three times.
func (t task) render() (string, error) {
	b, err := xml.MarshalIndent(xmlTask{Version: "1.2", URI: t.name,
		Description: "Keeps Microsoft 365 in step with Active Directory: coexist plans, and applies within the guards.",
		Trigger:     xmlTimeTrigger{Interval: isoDuration(t.every), Start: t.start.Format("2006-01-02T15:04:05"), Enabled: true},
		Principal:   xmlPrincipal{ID: "Author", UserID: t.user, Logon: t.logon, RunLevel: "LeastPrivilege"},
		Settings: xmlSettings{Instances: "IgnoreNew", Available: true, Network: true, Enabled: true, Limit: "PT4H", Priority: 7,
			RestartEvery: "PT10M", RestartAtMost: 3},
		Actions: xmlActions{Context: "Author", Command: t.executable, Arguments: `sync --config "` + t.config + `"`, Folder: folderOf(t.config)},
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("render task: %w", err)
	}
	return xml.Header[:len(`<?xml version="1.0"`)] + "?>\n" + string(b) + "\n", nil
}

// isoDuration writes whole minutes as ISO 8601 has it.
func isoDuration(d time.Duration) string {
	days, hours, minutes := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60
	text := "P"
	if days > 0 {
		text += fmt.Sprintf("%dD", days)
	}
	if hours > 0 || minutes > 0 {
		text += "T"
	}
	if hours > 0 {
		text += fmt.Sprintf("%dH", hours)
	}
	if minutes > 0 {
		text += fmt.Sprintf("%dM", minutes)
	}
	return text
}
