package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/coexistsync/coexist/internal/strictyaml"
)

// execute finds the command and runs it. Every error comes back here: the library neither prints nor exits.
func execute(ctx context.Context, c *console, args []string) error {
	app := newApp(c)
	if slices.Equal(args, []string{"--version"}) {
		args = []string{"version"}
	}
	arranged, err := arrange(app.Commands, args)
	if err != nil {
		return err
	}
	return app.RunContext(ctx, append([]string{app.Name}, arranged...))
}

func newApp(c *console) *cli.App {
	app := &cli.App{
		Name:            "coexist",
		Usage:           "keep Microsoft 365 in step with Active Directory by policy",
		Description:     "Start with \"coexist demo\", or with \"coexist init\" for your own directory.\n\n" + exitHelp(),
		HideVersion:     true,
		HideHelpCommand: true,
		// A distinguished name is full of the library's separator.
		DisableSliceFlagSeparator: true,
		Writer:                    c.out,
		ErrWriter:                 c.err,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return usagef("%w; options stand behind a command", err)
		},
		Commands: []*cli.Command{
			initCommand(c), planCommand(c), approveCommand(c), keyCommand(c), undoCommand(c), applyCommand(c), syncCommand(c), showCommand(c), explainCommand(c), validateCommand(c), runsCommand(c),
			tasksCommand(c), migrationBatchCommand(c), haltCommand(c), storeCommand(c), credentialCommand(c), passwordsCommand(c),
			policyCommand(c), snapshotCommand(c), configCommand(c), doctorCommand(c), diagnosticCommand(c), sandboxCommand(c), demoCommand(c), scheduleCommand(c), schemaCommand(c), versionCommand(c),
		},
		Action: func(x *cli.Context) error {
			if x.Args().Present() {
				return unknownCommand(x.Args().First(), x.App.Commands)
			}
			x.App.Writer = c.err
			_ = cli.ShowAppHelp(x)
			return usagef("a command is missing")
		},
	}
	prepare(app.Commands)
	exemplify(app.Commands, examples(), "")
	return app
}

// prepare gives every command what the library does not pass on to it: how usage errors are handled, and what a command
// that only has others below it does when it is called by itself.
func prepare(list []*cli.Command) {
	for _, x := range list {
		x.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return usagef("%w", err) }
		x.HideHelpCommand = true
		for _, f := range x.Flags {
			if b, ok := f.(*cli.BoolFlag); ok && !b.DisableDefaultText {
				b.DisableDefaultText = true // that it is off goes without saying
			}
		}
		if len(x.Subcommands) > 0 {
			prepare(x.Subcommands)
			if x.Action != nil {
				continue // it does something by itself, too
			}
			x.Action = func(ctx *cli.Context) error {
				if ctx.Args().Present() {
					return unknownCommand(ctx.Args().First(), ctx.Command.Subcommands)
				}
				return usagef("%s needs one of: %s", ctx.Command.Name, strings.Join(commandNames(ctx.Command.Subcommands), ", "))
			}
		}
	}
}

func commandNames(list []*cli.Command) []string {
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = x.Name
	}
	return names
}

func unknownCommand(name string, list []*cli.Command) error {
	err := fmt.Errorf("unknown command %q", name)
	if hint := strictyaml.DidYouMean(name, commandNames(list)); hint != "" {
		err = fmt.Errorf("%w, %s", err, hint)
	}
	return usagef("%w", err)
}

// arrange puts the options of a command before its arguments, where the library looks for them, so that options may
// stand anywhere. Nothing behind "--" is an option.
func arrange(commands []*cli.Command, args []string) ([]string, error) {
	var path []string
	var flags []cli.Flag
	for len(args) > 0 {
		i := slices.IndexFunc(commands, func(x *cli.Command) bool { return x.HasName(args[0]) })
		if i < 0 {
			break
		}
		path, flags, commands, args = append(path, args[0]), commands[i].Flags, commands[i].Subcommands, args[1:]
	}
	var options, rest []string
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		switch {
		case a == "--":
			rest = append(rest, args...)
			args = nil
		case len(a) < 2 || a[0] != '-':
			rest = append(rest, a)
		case !takesValue(flags, a):
			options = append(options, a)
		case len(args) == 0:
			return nil, usagef("option %s needs a value", a)
		default:
			options = append(options, a, args[0])
			args = args[1:]
		}
	}
	if len(path) == 0 { // options in front of a command would be taken for the program's own
		return append(options, rest...), nil
	}
	return append(append(append(path, options...), "--"), rest...), nil
}

// takesValue reports whether an option takes the next word as its value.
func takesValue(flags []cli.Flag, option string) bool {
	name := strings.TrimLeft(option, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			_, truth := f.(*cli.BoolFlag)
			return !truth
		}
	}
	return false
}

// arguments checks how many arguments a command got; names say what they are.
func arguments(x *cli.Context, names ...string) error {
	n := x.Args().Len()
	switch {
	case n < len(names):
		return usagef("%s needs %s", x.Command.FullName(), names[n])
	case n > len(names):
		return usagef("%s takes no argument %q", x.Command.FullName(), x.Args().Get(len(names)))
	}
	return nil
}

// errUsage says that the command line makes no sense.
var errUsage = errors.New("usage")

// usagef makes a usage error.
func usagef(format string, args ...any) error {
	return &marked{errUsage, fmt.Errorf(format, args...)}
}

// The options that several commands have.
var (
	configFlag  = &cli.StringFlag{Name: "config", Aliases: []string{"c"}, Value: "coexist.yaml", EnvVars: []string{"COEXIST_CONFIG"}, Usage: "configuration `FILE`"}
	outputFlag  = &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORM` of the result: text or json"}
	fullFlag    = &cli.BoolFlag{Name: "full", Usage: "list every object instead of the first few of each group", DisableDefaultText: true}
	asOfFlag    = &cli.StringFlag{Name: "as-of", Usage: "hold dates in policies against this `DATE` (2026-12-31) instead of now; nothing is remembered"}
	objectsFlag = &cli.StringFlag{Name: "objects", Usage: "plan only the objects listed in this CSV `FILE`, with a column objectGUID, userPrincipalName, sAMAccountName or distinguishedName"}
	ouFlag      = &cli.StringSliceFlag{Name: "ou", Usage: "plan only objects below this `DN`; may be repeated"}
	objectFlag  = &cli.StringSliceFlag{Name: "object", Usage: "plan only this `OBJECT`: DN, UPN, sAMAccountName or objectGUID; may be repeated"}
	allowFlag   = &cli.StringSliceFlag{Name: "allow", Usage: "let the plan pass a guard: `GUARD@DIGEST`, with the digest of this plan; may be repeated"}
	reasonFlag  = &cli.StringFlag{Name: "reason", Usage: "`WHY`, such as a change number; needed with --allow, and kept in the journal"}
)

// detailedFlag names the option that lets the exit code tell whether anything was found.
const detailedFlag = "detailed-exitcode"

// detailed makes that option of a command, when says what it tells.
func detailed(when string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: detailedFlag, Usage: "exit with 10 when " + when}
}

// output reads the form of the result.
func output(x *cli.Context) (json bool, err error) {
	switch f := x.String(outputFlag.Name); f {
	case "text":
		return false, nil
	case "json":
		return true, nil
	default:
		return false, usagef("unknown output form %q; there are text and json", f)
	}
}

// called reads how a command was called that gives its result as text or json: with the arguments that names say, and in which
// form.
func called(x *cli.Context, names ...string) (json bool, err error) {
	if err := arguments(x, names...); err != nil {
		return false, err
	}
	return output(x)
}
